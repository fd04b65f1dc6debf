import { expect, test } from "vitest";

import { interleave, median, medianCall } from "./measure.js";

test("the median lies in the middle, whatever the order", () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 3, 2])).toBe(2.5);
});

test("cases run in turns, each round beginning with another one", async () => {
  const order: string[] = [];
  const work = (name: string) => () => void order.push(name);
  const times = await interleave(2, { a: work("a"), b: work("b"), c: undefined });
  expect(order.join("")).toBe("ababba");
  expect(times.a).toBeGreaterThanOrEqual(0);
  expect(times.c).toBeUndefined();
});

test("a case may bring its own time; the warm-up does not count", async () => {
  let call = 0;
  expect(await interleave(3, { own: () => [1000, 7, 5, 6][call++] })).toEqual({ own: 6 });
});

test("calls are counted from 0, and waited for", async () => {
  const seen: number[] = [];
  await medianCall(3, async (index) => {
    await Promise.resolve();
    seen.push(index);
  });
  expect(seen).toEqual([0, 1, 2]);
});
