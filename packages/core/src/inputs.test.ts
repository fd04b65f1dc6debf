import { describe, expect, it } from "vitest";

import { checkInputs } from "./check-inputs.js";
import { tensorElements, tensorOf } from "./elements.js";
import { type Inputs, toTensors } from "./inputs.js";
import type { Signature } from "./signature.js";

const signature: Signature = {
  inputs: [
    { name: "x", dtype: "float32", shape: ["batch", 2], features: ["alcohol", "ash"] },
    { name: "colour", dtype: "string", shape: ["batch"], categories: ["red", "white"] },
    { name: "year", dtype: "int64", shape: ["batch", 1], optional: true },
  ],
  outputs: [],
};
const plain = (inputs: Inputs) =>
  Object.fromEntries(
    [...toTensors(signature, inputs)].map(([name, tensor]) => [name, [tensor.shape, tensorElements(tensor)]]),
  );
const fails = (inputs: unknown, message: RegExp) => {
  expect(() => toTensors(signature, inputs as Inputs)).toThrow(expect.objectContaining({ code: "signature_mismatch" }));
  expect(() => toTensors(signature, inputs as Inputs)).toThrow(message);
};

describe("toTensors", () => {
  const expected = {
    x: [
      [2, 2],
      [12.5, 2, 13, 3],
    ],
    colour: [[2], ["red", "white"]],
    year: [
      [2, 1],
      [2001n, 2002n],
    ],
  };

  it("takes records, rows, columns and tensors", () => {
    expect(
      plain([
        { alcohol: 12.5, ash: 2, colour: "red", year: 2001 },
        { ash: 3, alcohol: 13, year: 2002n, colour: "white" },
      ]),
    ).toEqual(expected);
    expect(
      plain([
        [12.5, 2, "red", 2001],
        [13, 3, "white", 2002],
      ]),
    ).toEqual(expected);
    expect(
      plain({ alcohol: new Float64Array([12.5, 13]), ash: [2, 3], colour: ["red", "white"], year: [2001, 2002] }),
    ).toEqual(expected);
    const tensors = toTensors(signature, { alcohol: [1], ash: [2], colour: ["red"] });
    expect(toTensors(signature, tensors)).toBe(tensors);
    expect(tensors.has("year")).toBe(false);
  });

  it("takes a matrix for one input of unknown width, and no rows at all", () => {
    const open: Signature = { inputs: [{ name: "x", dtype: "float64", shape: [null, null] }], outputs: [] };
    expect(toTensors(open, [new Float32Array([1, 2, 3])]).get("x")?.shape).toEqual([1, 3]);
    expect(toTensors(signature, []).get("x")?.shape).toEqual([0, 2]);
  });

  it("names the feature that does not fit", () => {
    const good = { alcohol: 1, ash: 2, colour: "red", year: 1 };
    fails([good, { ...good, ash: undefined }], /"ash" in row 1 is missing/u);
    fails([{ ...good, ash: "much" }], /"ash" in row 0 is the string "much"/u);
    fails([{ ...good, colour: "blue" }], /"colour" in row 0 is "blue", which is none of its categories/u);
    fails([{ ...good, year: 1.5 }], /"year" in row 0: .*not a whole number/u);
    fails([good, { ...good, hue: 1 }], /row 1 has "hue", which the model does not know: it takes "alcohol", "ash"/u);
    fails([[1, 2, "red"]], /row 0 has 3 values, the model takes 4: "alcohol"/u);
    fails([[1, 2, "red", 1], good], /row 1 is not a list/u);
    fails({ alcohol: [1, 2], ash: [1] }, /"ash" has 1 values, "alcohol" has 2/u);
    fails({ alcohol: 3 }, /"alcohol" is no list/u);
    fails([JSON.parse('{"__proto__": 1}')], /"__proto__"/u);
    expect(() => toTensors(signature, 3 as never)).toThrow(TypeError);
  });
});

describe("checkInputs", () => {
  const x = tensorOf("float32", [1, 2], [1, 2]);
  const colour = tensorOf("string", [1], ["red"]);

  it.each([
    ["a missing input", [["x", x]], /"colour" is missing/u],
    [
      "an unknown input",
      [
        ["x", x],
        ["colour", colour],
        ["y", x],
      ],
      /no input "y": the model takes "x", "colour", "year"/u,
    ],
    [
      "another dtype",
      [
        ["x", tensorOf("float64", [1, 2], [1, 2])],
        ["colour", colour],
      ],
      /"x" must be float32, not float64/u,
    ],
    [
      "another rank",
      [
        ["x", tensorOf("float32", [2], [1, 2])],
        ["colour", colour],
      ],
      /\[batch, 2\], not \[2\]/u,
    ],
    [
      "another width",
      [
        ["x", tensorOf("float32", [1, 3], [1, 2, 3])],
        ["colour", colour],
      ],
      /not \[1, 3\]: its features are "alcohol", "ash"/u,
    ],
    [
      "two batch sizes",
      [
        ["x", x],
        ["colour", tensorOf("string", [2], ["red", "red"])],
      ],
      /"batch" is 1 in "x" and 2 in "colour"/u,
    ],
  ] as const)("refuses %s", (_, tensors, message) => {
    expect(() => checkInputs(signature, new Map(tensors))).toThrow(message);
  });
});

it("null and the words for numbers that JSON lacks are floats", () => {
  const signature = { inputs: [{ name: "x", dtype: "float64", shape: ["batch", 5] }], outputs: [] } as const;
  const tensors = toTensors(signature, [[null, "NaN", "Infinity", "-inf", 1]]);
  expect(tensors.get("x")!.data).toEqual(Float64Array.of(Number.NaN, Number.NaN, Infinity, -Infinity, 1));
  expect(() => toTensors(signature, [[null, "NaN", "high", "-inf", 1]])).toThrow(
    /"x\[2\]" in row 0 is the string "high"/u,
  );
  const integers = { inputs: [{ name: "n", dtype: "int64", shape: ["batch"] }], outputs: [] } as const;
  expect(() => toTensors(integers, [{ n: null }])).toThrow(/"n" in row 0 is missing/u);
});

it("a column that is not read takes any value", () => {
  const inputs = [
    { name: "a", dtype: "float64", shape: ["batch"] },
    { name: "note", dtype: "float64", shape: ["batch"], ignored: true },
  ] as const;
  const signature = { inputs, outputs: [] };
  expect(
    toTensors(signature, [
      { a: 1, note: "whatever" },
      { a: 2, note: 3 },
    ]).get("note")!.data,
  ).toEqual(Float64Array.of(Number.NaN, 3));
  expect(toTensors(signature, [{ a: 1 }]).get("note")!.data).toEqual(Float64Array.of(Number.NaN));
});

describe("inputs of more than two dimensions", () => {
  const images: Signature = { inputs: [{ name: "image", dtype: "float32", shape: ["batch", 2, 2, 1] }], outputs: [] };
  const picture = [
    [[1], [2]],
    [[3], [null]],
  ];
  const both: Signature = {
    inputs: [
      { name: "series", dtype: "int64", shape: ["batch", "steps", 2] },
      { name: "age", dtype: "float32", shape: ["batch"] },
      { name: "facts", dtype: "float64", shape: ["batch", 2], optional: true },
    ],
    outputs: [],
  };
  const told = (own: Signature, inputs: Inputs) =>
    [...toTensors(own, inputs)].map(([name, tensor]) => [name, tensor.shape, tensorElements(tensor)]);
  const refused = (own: Signature, inputs: unknown, message: RegExp) => {
    const action = () => toTensors(own, inputs as Inputs);
    expect(action).toThrow(expect.objectContaining({ code: "signature_mismatch" }));
    expect(action).toThrow(message);
  };

  it("are lists within lists: rows of the only input, records, columns", () => {
    const expected = [["image", [2, 2, 2, 1], [1, 2, 3, Number.NaN, 1, 2, 3, Number.NaN]]];
    expect(told(images, [picture, picture])).toEqual(expected);
    expect(told(images, [{ image: picture }, { image: picture }])).toEqual(expected);
    expect(told(images, { image: [picture, picture] })).toEqual(expected);
    expect(told(images, [])).toEqual([["image", [0, 2, 2, 1], []]]);
  });

  it("open sizes are those of the first row; other inputs go by their names", () => {
    const row = { series: [Int32Array.of(1, 2), [3, 4], [5, 6]], age: "nan" };
    expect(told(both, [row])).toEqual([
      ["series", [1, 3, 2], [1n, 2n, 3n, 4n, 5n, 6n]],
      ["age", [1], [Number.NaN]],
    ]);
    expect(told(both, { series: [row.series], age: [7], facts: [[1, 2]] }).map(([name]) => name)).toEqual([
      "series",
      "age",
      "facts",
    ]);
  });

  it("what does not fit is named with its place", () => {
    refused(
      images,
      [
        [
          [1, 2],
          [3, 4],
        ],
      ],
      /"image" in row 0 at \[0\]\[0\] is no list of 1/u,
    );
    refused(images, [picture, [[[1]], [[2]]]], /"image" in row 1 at \[0\] is a list of 1, where one of 2 is needed/u);
    refused(
      images,
      [
        [
          [["x"], [2]],
          [[3], [4]],
        ],
      ],
      /at \[0\]\[0\]\[0\] is the string "x"/u,
    );
    refused(images, [{ picture }], /"picture", which the model does not know/u);
    refused(images, { image: 7 }, /no list of rows/u);
    refused(both, [{ series: [[1, 2]] }], /"age" in row 0 is missing/u);
    refused(both, [[[1, 2]]], /row 0 is no record/u);
    refused(both, [{ series: [[1.5, 2]], age: 1 }], /"series": .*1\.5/u);
    refused(both, { age: [1] }, /"series" is missing/u);
  });
});
