import { Tensor } from "@modelkeep/core";
import { expect, test } from "vitest";

import { transposeTensor } from "./transpose-tensor.js";

const counted = Float32Array.from({ length: 6 }, (_, index) => index);

test("axes are put in another order, whatever the elements are", () => {
  const turned = transposeTensor(new Tensor("float32", [1, 2, 3], counted), [2, 0, 1]);
  expect([turned.shape, [...turned.data]]).toEqual([
    [3, 1, 2],
    [0, 3, 1, 4, 2, 5],
  ]);
  const texts = transposeTensor(new Tensor("string", [2, 2], ["a", "b", "c", "d"]), [1, 0]);
  expect(texts.data).toEqual(["a", "c", "b", "d"]);
  const none = transposeTensor(new Tensor("int64", [0, 3], new BigInt64Array(0)), [1, 0]);
  expect([none.shape, none.data.length]).toEqual([[3, 0], 0]);
});

test("elements of less than a byte are refused", () => {
  const packed = new Tensor("int4", [2, 2], new Uint8Array(2));
  expect(() => transposeTensor(packed, [1, 0])).toThrow(expect.objectContaining({ code: "unsupported" }));
});
