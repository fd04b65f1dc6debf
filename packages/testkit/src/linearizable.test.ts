import { expect, test } from "vitest";
import { type Call, linearize, type Sequential } from "./linearizable.js";

type Input = { readonly write: number } | "read";
const register: Sequential<number, Input, number> = {
  initial: 0,
  step: (state, input, output) => (input === "read" ? (output === state ? state : undefined) : input.write),
  key: String,
};

const call = (input: Input, output: number | undefined, from: number, to: number): Call<Input, number> => ({
  client: 0,
  input,
  output,
  from,
  to,
});

const write = (value: number, from: number, to: number): Call<Input, number> => call({ write: value }, value, from, to);
const unknown = (value: number, from: number): Call<Input, number> => call({ write: value }, undefined, from, from);
const read = (value: number, from: number, to: number): Call<Input, number> => call("read", value, from, to);

test.each<[what: string, history: Call<Input, number>[], is: boolean]>([
  ["nothing", [], true],
  ["one after the other", [write(1, 0, 1), read(1, 2, 3)], true],
  ["a read of what was never written", [write(1, 0, 1), read(2, 2, 3)], false],
  ["a read of what was overwritten before it began", [write(1, 0, 1), write(2, 2, 3), read(1, 4, 5)], false],
  ["a read beside a write sees either", [write(1, 0, 1), write(2, 2, 9), read(1, 3, 4)], true],
  ["a new value and then the old one again", [write(2, 0, 9), read(2, 1, 2), read(0, 3, 4)], false],
  ["an old value and then the new one", [write(2, 0, 9), read(0, 1, 2), read(2, 3, 4)], true],
  ["a write of unknown outcome that happened", [unknown(1, 0), read(1, 2, 3)], true],
  ["a write of unknown outcome that did not", [unknown(1, 0), read(0, 2, 3)], true],
  ["a write of unknown outcome that happens late", [unknown(1, 0), read(0, 2, 3), read(1, 4, 5)], true],
  [
    "a write of unknown outcome that happens twice",
    [unknown(1, 0), read(1, 2, 3), write(2, 4, 5), read(1, 6, 7)],
    false,
  ],
  ["a write that is seen before it is made", [read(1, 0, 1), unknown(1, 2)], false],
  [
    "two clients that see two writes in two orders",
    [write(1, 0, 9), write(2, 0, 9), read(1, 10, 11), read(2, 12, 13)],
    false,
  ],
])("%s", (_, history, is) => {
  expect(linearize(history, register) !== undefined).toBe(is);
});

test("gives an order that the object could have had", () => {
  const history = [write(2, 0, 9), read(2, 1, 5), read(0, 0, 3)];
  expect(linearize(history, register)).toEqual([history[2], history[0], history[1]]);
});
