import { isModelkeepError, Tensor, tensorBytes } from "@modelkeep/core";
import { describe, expect, test } from "vitest";

import { bytesOf, joined } from "../test/builders.js";
import { vectorBytes } from "../test/vectors.js";
import type { PickleDict } from "./dict.js";
import type { NumpyArray } from "./numpy-array.js";
import { readPickle, type ReadPickleOptions } from "./read.js";
import { PickleObject, PickleTuple } from "./value.js";
import { writePickle } from "./write/write-pickle.js";

async function written(value: unknown, form: "pickle" | "joblib"): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of writePickle(value, { form })()) parts.push(part);
  return joined(...parts);
}

function codeOf(bytes: Uint8Array, options: ReadPickleOptions = {}): string {
  try {
    readPickle(bytes, options);
    return "read";
  } catch (error) {
    if (isModelkeepError(error)) return error.code;
    throw error;
  }
}

describe("readPickle", () => {
  test("arrays of joblib files are views on the file", async () => {
    const file = await written({ a: new Tensor("float64", [500], new Float64Array(500).fill(1.5)) }, "joblib");
    const { value, facts } = readPickle(file);
    const array = (value as PickleDict).get("a") as NumpyArray;
    expect(facts?.joblib).toBe(true);
    expect(array.tensor().data).toEqual(new Float64Array(500).fill(1.5));
    expect((array.tensor().data as Float64Array).buffer).toBe(file.buffer);
  });

  test("an array at an odd place is copied, once", async () => {
    const file = await written(new Tensor("float64", [600], new Float64Array(600).fill(2)), "pickle");
    const moved = new Uint8Array(file.length + 1).subarray(1);
    moved.set(file);
    const array = readPickle(moved).value as NumpyArray;
    expect(array.tensor()).toBe(array.tensor());
    expect(tensorBytes(array.tensor())).toEqual(new Uint8Array(new Float64Array(600).fill(2).buffer));
  });

  test("unknown classes are refused, or kept as placeholders when asked for", () => {
    const file = bytesOf("\x80\x02cxgboost.sklearn\nXGBClassifier\n)\x81}X\x01\0\0\0aK\x01sb.");
    expect(codeOf(file)).toBe("pickle_global");
    const { value } = readPickle(file, { unknown: "opaque" });
    expect(value).toBeInstanceOf(PickleObject);
    expect(value).toMatchObject({ opaque: true, module: "xgboost.sklearn", name: "XGBClassifier" });
    expect((value as PickleObject).attribute("a")).toBe(1);
    // What is known to be dangerous is refused all the same.
    expect(codeOf(bytesOf("cos\nsystem\n(S'true'\ntR."), { unknown: "opaque" })).toBe("pickle_global");
  });

  test("keys of dicts are equal as in Python", () => {
    const { value } = readPickle(
      bytesOf(
        "\x80\x02}(K\x01X\x01\0\0\0aG\x3f\xf0\0\0\0\0\0\0X\x01\0\0\0b\x88X\x01\0\0\0cK\x01K\x02\x86X\x01\0\0\0du.",
      ),
    );
    const dict = value as PickleDict;
    expect([...dict].map(([, item]) => item)).toEqual(["c", "d"]);
    expect(dict.get(new PickleTuple([1, 2]))).toBe("d");
    expect(dict.has("1")).toBe(false);
  });

  test("what contains itself is read", () => {
    const { value } = readPickle(bytesOf("]q\x00h\x00a."));
    expect((value as unknown[])[0]).toBe(value);
  });

  test("limits hold", () => {
    const many = joined(bytesOf("("), new Uint8Array(20_000).fill(0x4e), bytesOf("l."));
    expect(codeOf(many, { limits: { items: 10_000 } })).toBe("limit_exceeded");
    expect(codeOf(many, { limits: { bytes: 1000 } })).toBe("limit_exceeded");
    expect(codeOf(many, { limits: { time: 0 } })).toBe("limit_exceeded");
    expect(codeOf(bytesOf("\x80\x02]]]aa."), { limits: { depth: 1 } })).toBe("limit_exceeded");
    expect(codeOf(bytesOf("L12345L\n."), { limits: { digits: 4 } })).toBe("limit_exceeded");
    expect(codeOf(many)).toBe("read");
  });

  test("companions are taken from what was given, and nothing else", () => {
    const file = vectorBytes("good/tree_clf.v09npy.pkl");
    expect(() => readPickle(file)).toThrow(/"tree_clf\.v09npy\.pkl_01\.npy" is missing/);
  });

  test("lone surrogates are kept, other bytes that are no UTF-8 are refused", () => {
    expect(readPickle(bytesOf("\x80\x02X\x04\0\0\0a\xed\xa0\x80.")).value).toBe("a\ud800");
    expect(codeOf(bytesOf("\x80\x02X\x02\0\0\0a\xff."))).toBe("malformed");
  });

  test("Python 2's literals", () => {
    expect(
      readPickle(bytesOf("(S'a\\x41\\n\\''\nI01\nI-7\nL123456789012345678901L\nF1e-3\nVz\\u0105\nl.")).value,
    ).toEqual(["aA\n'", true, -7, 123_456_789_012_345_678_901n, 0.001, "z\u0105"]);
  });
});
