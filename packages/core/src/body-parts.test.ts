import { expect, test } from "vitest";
import { cutIntoParts } from "./body-parts.js";

test.each([0, 1, 9, 10, 11, 20, 35])("a body of %d bytes is cut into full parts and a rest", async (size) => {
  const bytes = Uint8Array.from({ length: size }, (_, index) => index);
  const chunked = async function* () {
    for (let start = 0; start < size; start += 7) yield bytes.slice(start, start + 7);
  };
  for (const body of [bytes, chunked]) {
    const parts = cutIntoParts(body, 10, { size });
    for (let turn = 0; turn < 2; turn++) {
      const found: number[][] = [];
      for await (const part of parts.open()) found.push([...part]);
      expect(found.flat()).toEqual([...bytes]);
      expect(found.map((part) => part.length)).toEqual(
        Array.from({ length: Math.ceil(size / 10) }, (_, index) => Math.min(10, size - index * 10)),
      );
    }
  }
});

test("a part that was given back is filled again, and no other", async () => {
  const body = async function* () {
    for (let turn = 0; turn < 30; turn++) yield new Uint8Array(1).fill(turn);
  };
  const parts = cutIntoParts(body, 10, {});
  const reader = parts.open();
  const first = (await reader.next()).value!;
  const second = (await reader.next()).value!;
  expect([first[0], second[0]]).toEqual([0, 10]);
  parts.giveBack(first);
  const third = (await reader.next()).value!;
  expect(third.buffer).toBe(first.buffer);
  expect([second[0], third[0]]).toEqual([10, 20]);
});
