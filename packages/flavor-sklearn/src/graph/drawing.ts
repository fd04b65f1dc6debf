import { ModelkeepError } from "@modelkeep/core";
import type { GraphBuilder } from "@modelkeep/onnx";

import type { Entry, Handler, Prediction } from "../estimators/handler.js";
import type { Fitted } from "../fitted/fitted.js";
import { asScalar, isOpaque, type PythonValue } from "../fitted/python-value.js";
import { checkWidth, type Rows } from "./rows.js";

/** Models of models are followed this deep: a file may hold one that contains itself. */
const deepest = 40;

/** A model being drawn as a graph: hands each estimator to its handler, and collects what the result should say. */
export class Drawing {
  readonly notes = new Set<string>();
  /** Undefined as long as every value is the same to the last bit. */
  bound: number | undefined;
  #depth = 0;

  constructor(
    readonly graph: GraphBuilder,
    readonly find: (path: string) => Entry | undefined,
  ) {}

  transform(fitted: Fitted, rows: Rows): Rows {
    const handler = this.handler(fitted);
    if (handler.transform === undefined) throw this.cannot(fitted, "transform");
    return this.#enter(fitted, rows, () => handler.transform!(this, fitted, rows));
  }

  predict(fitted: Fitted, rows: Rows): Prediction {
    const handler = this.handler(fitted);
    if (handler.predict === undefined) throw this.cannot(fitted, "predict");
    return this.#enter(fitted, rows, () => handler.predict!(this, fitted, rows));
  }

  /** `unsupported`, naming the class, when there is no handler for it. */
  handler(fitted: Fitted): Handler {
    const entry = this.find(fitted.path);
    if (entry === undefined || isOpaque(fitted.object)) throw notConvertible(fitted);
    return entry.handler;
  }

  /** Values from here on agree only within this bound, relative to max(1, |b|). */
  bounded(bound = 1e-12): void {
    this.bound = Math.max(this.bound ?? 0, bound);
  }

  note(text: string): void {
    this.notes.add(text);
  }

  cannot(fitted: Fitted, what: string): ModelkeepError {
    return new ModelkeepError("unsupported", `[sklearn] ${fitted.title} has no ${what} that can be converted`, {
      details: { step: fitted.place, class: fitted.path },
    });
  }

  #enter<T>(fitted: Fitted, rows: Rows, draw: () => T): T {
    if (fitted.isSet("n_features_in_")) checkFeatures(fitted, rows);
    if (++this.#depth > deepest)
      throw new ModelkeepError("malformed", `[sklearn] ${fitted.name} is nested more than ${deepest} deep`);
    try {
      return draw();
    } finally {
      this.#depth--;
    }
  }
}

function checkFeatures(fitted: Fitted, rows: Rows): void {
  const features = fitted.count("n_features_in_");
  try {
    checkWidth(rows.width, features);
  } catch (cause) {
    throw fitted.wrong("n_features_in_", `is ${features}, but ${rows.width} columns reach it (${String(cause)})`);
  }
}

/** "passthrough" and None stand for a step that changes nothing, "drop" for one that is left out. */
export function specialStep(value: PythonValue | undefined): "passthrough" | "drop" | undefined {
  const scalar = asScalar(value);
  if (scalar === null || scalar === "passthrough") return "passthrough";
  return scalar === "drop" ? "drop" : undefined;
}

/** Refuses what is no scikit-learn estimator that is known here, in words that say what it is. */
export function notConvertible(fitted: Fitted): ModelkeepError {
  const root = fitted.path.split(".")[0]!;
  const details = { step: fitted.place, class: fitted.path };
  const where = fitted.place === "" ? "The model" : `The ${fitted.place}`;
  if (root === "sklearn" && !isOpaque(fitted.object)) {
    return new ModelkeepError(
      "unsupported",
      `[sklearn] ${where} is a ${fitted.path}, for which there is no ONNX form here; docs/supported-estimators.md lists those that have one. The file itself can be kept as it is`,
      { details },
    );
  }
  const advice =
    foreign.get(root) ?? "replace it by scikit-learn's own classes, or export the model to ONNX where it was made";
  return new ModelkeepError(
    "unsupported",
    `[sklearn] ${where} is a ${fitted.path}, which is not part of scikit-learn and is not converted: ${advice}. The file itself can be kept as it is`,
    { details },
  );
}

const foreign = new Map([
  ["xgboost", "export it to ONNX with onnxmltools, or save it with xgboost's save_model"],
  ["lightgbm", "export it to ONNX with onnxmltools, or save it with lightgbm's save_model"],
  ["catboost", "export it with catboost's save_model(format='onnx')"],
  ["imblearn", "resampling takes no part in predictions: put the fitted steps into a pipeline of scikit-learn"],
  ["scikeras", "export the network inside it with tf2onnx"],
  ["torch", "export it with torch.onnx.export"],
  ["__main__", "the class lives in a script; move the step to scikit-learn's own classes"],
]);
