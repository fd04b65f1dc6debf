import { expect, test } from "vitest";

import { jsonCodec } from "@modelkeep/codec-json";
import { type ModelState, type Runtime, Tensor, type TensorMap } from "@modelkeep/core";

import {
  codecCase,
  compareFormats,
  formatsAsMarkdown,
  formatsAsText,
  formatsSections,
  htmlPage,
  worstDifference,
} from "./index.js";

/** A model that multiplies: enough of one to be saved, loaded and run. */
const model: ModelState = {
  flavor: "toy",
  type: "scale",
  version: 1,
  state: { factor: new Tensor("float64", [], Float64Array.of(3)) },
};

function toyRuntime(error = 0): Runtime {
  return {
    name: "toy",
    version: "1",
    runs: () => true,
    available: () => Promise.resolve(true),
    async predictor(_payloads, options) {
      const { state } = (await options!.decode!()) as { state: { factor: Tensor } };
      const factor = (state.factor.data as Float64Array)[0]! + error;
      return {
        signature: { inputs: [], outputs: [] },
        predict: (inputs) => Promise.resolve(scaled(inputs, factor)),
        [Symbol.asyncDispose]: () => Promise.resolve(),
      };
    },
  };
}

function scaled(inputs: TensorMap, factor: number): TensorMap {
  const x = inputs.get("x")!;
  return new Map([
    [
      "value",
      new Tensor(
        "float64",
        x.shape,
        (x.data as Float64Array).map((each) => each * factor),
      ),
    ],
  ]);
}

const inputs: TensorMap = new Map([["x", new Tensor("float64", [4, 1], Float64Array.of(1, 2, 3, 4))]]);
const codec = jsonCodec();

test("each format is saved, loaded, run and judged", async () => {
  const results = await compareFormats(
    [
      codecCase({ label: "plain", codec, model, runtime: toyRuntime() }),
      codecCase({ label: "gzip", codec, model, runtime: toyRuntime(), compression: { encoding: "gzip", level: 9 } }),
      codecCase({ label: "off", codec, model, runtime: toyRuntime(1e-9) }),
    ],
    { inputs, expected: scaled(inputs, 3), rounds: 2 },
  );
  expect(results.map(({ label, identical }) => [label, identical])).toEqual([
    ["plain", true],
    ["gzip", true],
    ["off", false],
  ]);
  expect(results[2]!.worst).toBeGreaterThan(1e-10);
  expect(results[2]!.worst).toBeLessThan(1e-8);
  for (const { size, loadMs, predictionsPerSecond } of results) {
    expect(size).toBeGreaterThan(0);
    expect(loadMs).toBeGreaterThan(0);
    expect(predictionsPerSecond).toBeGreaterThan(0);
  }
  expect(formatsAsMarkdown(results).split("\n")).toHaveLength(5);
  const [head, first, , last] = formatsAsText(results).split("\n");
  // Nobody gave the truth: a column of accuracies would be empty.
  expect(head).toMatch(/^format +size +save ms +load ms +first ms +rows \/ s +identical$/u);
  expect([first, last]).toEqual([expect.stringMatching(/^plain .* yes$/u), expect.stringMatching(/^off .* no: .*e-/u)]);
});

test("what differs, and by how much", () => {
  const one = (tensor: Tensor): TensorMap => new Map([["y", tensor]]);
  const floats = (...values: number[]) => one(new Tensor("float64", [values.length], Float64Array.from(values)));
  expect(worstDifference(floats(1, Number.NaN), floats(1, Number.NaN))).toBe(0);
  expect(worstDifference(floats(1.5, 2), floats(1, 2))).toBe(0.5);
  expect(worstDifference(floats(110), floats(100))).toBe(0.1);
  expect(worstDifference(floats(Number.NaN), floats(1))).toBe(1);
  expect(worstDifference(floats(-0), floats(0))).toBe(0);
  expect(worstDifference(one(new Tensor("string", [1], ["a"])), one(new Tensor("string", [1], ["b"])))).toBe(1);
  expect(worstDifference(floats(1), floats(1, 2))).toBe(Infinity);
  expect(worstDifference(new Map(), floats(1))).toBe(Infinity);
});

test("a page holds no markup of its data and no script", async () => {
  const label = `<script>alert("x")</script>`;
  const results = await compareFormats([codecCase({ label, codec, model, runtime: toyRuntime() })], {
    inputs,
    expected: scaled(inputs, 3),
    rounds: 1,
  });
  const page = htmlPage({ title: label, sections: formatsSections(results) });
  expect(page).not.toContain("<script");
  expect(page).toContain("&#60;script&#62;");
  expect(page).not.toMatch(/https?:\/\//u);
});
