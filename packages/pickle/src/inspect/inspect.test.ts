import { expect, test } from "vitest";

import { bytesOf } from "../../test/builders.js";
import { vectorBytes } from "../../test/vectors.js";
import { inspectPickle } from "./inspect.js";

test("tells classes, attributes, arrays and versions", () => {
  const found = inspectPickle(vectorBytes("good/column_transformer_logreg.joblib.gz"), "model.joblib.gz");
  expect(found).toMatchObject({
    type: "sklearn.pipeline.Pipeline",
    compression: "gzip",
    joblib: true,
    versions: { "scikit-learn": ["1.2.1"], numpy: ["<2"] },
    scan: { verdict: "clean" },
  });
  expect(found.classes["sklearn.linear_model._logistic.LogisticRegression"]).toBe(1);
  const coefficients = found.arrays.find(({ name }) => name.endsWith("coef_"));
  expect(coefficients).toMatchObject({ dtype: "<f8" });
  expect(JSON.parse(JSON.stringify(found.tree))).toEqual(found.tree);
  expect(found.tree).toMatchObject({ class: "sklearn.pipeline.Pipeline", attributes: { verbose: false } });
});

test("shows what is shared once, and what contains itself", () => {
  expect(inspectPickle(bytesOf("]q\x00h\x00a."), "cycle.pkl").tree).toEqual({ list: [{ elided: "shown before" }] });
});

test("shows placeholders and hostile files without deciding", () => {
  const opaque = inspectPickle(bytesOf("\x80\x02cmine\nModel\n)\x81}X\x01\0\0\0aK\x01sb."), "model.pkl");
  expect(opaque.tree).toEqual({ class: "mine.Model", opaque: true, attributes: { a: 1 } });
  const hostile = inspectPickle(bytesOf("cos\nsystem\n(S'true'\ntR."), "model.pkl");
  expect(hostile.scan.verdict).toBe("dangerous");
  expect(hostile.type).toBe("os.system");
  expect(inspectPickle(bytesOf("\x80\x04]"), "cut.pkl")).toMatchObject({
    type: undefined,
    scan: { verdict: "malformed" },
  });
});
