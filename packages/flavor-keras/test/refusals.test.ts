import { readFileSync } from "node:fs";

import { isModelkeepError, type Json, memoryPayloads, type ModelkeepError, Tensor } from "@modelkeep/core";
import { kerasCodec } from "@modelkeep/codec-keras";
import { evaluator } from "@modelkeep/onnx";
import { describe, expect, test } from "vitest";

import { convertKeras } from "../src/index.js";

type Layer = { [key: string]: Json };
type Tensors = Readonly<Record<string, readonly number[]>>;

const layer = (className: string, name: string, config: Layer = {}, more: Layer = {}): Layer => ({
  module: "keras.layers",
  class_name: className,
  config: { name, ...config },
  registered_name: null,
  name,
  ...more,
});

const input = (name: string, shape: readonly (number | null)[], more: Layer = {}): Layer =>
  layer("InputLayer", name, { batch_shape: [...shape], dtype: "float32" }, { inbound_nodes: [], ...more });

const tensor = (name: string, node = 0): Layer => ({
  class_name: "__keras_tensor__",
  config: { shape: [null, 3], dtype: "float32", keras_history: [name, node, 0] },
});

const call = (...names: string[]): Layer => ({
  inbound_nodes: [{ args: names.map((name) => tensor(name)), kwargs: {} }],
});

const sequential = (...layers: Layer[]): Layer => ({
  module: "keras",
  class_name: "Sequential",
  config: { name: "model", layers },
});

const functional = (layers: Layer[], output: string): Layer => ({
  module: "keras",
  class_name: "Functional",
  config: { name: "model", layers, input_layers: [["x", 0, 0]], output_layers: [[output, 0, 0]] },
});

/** Zeros of these shapes. */
function convert(model: Json, tensors: Tensors = {}) {
  const weights = Object.entries(tensors).map(([name, shape]): [string, Tensor] => {
    const size = shape.reduce((product, each) => product * each, 1);
    return [name, new Tensor("float32", shape, new Float32Array(size))];
  });
  return convertKeras({ tensors: new Map(weights), metadata: new Map([["keras.config", JSON.stringify(model)]]) });
}

function refusal(action: () => unknown): ModelkeepError {
  try {
    action();
  } catch (error) {
    if (isModelkeepError(error)) return error;
    throw error;
  }
  throw new Error("It was not refused");
}

const dense = layer("Dense", "dense", { units: 2 });
const denseWeights = { "layers/dense/vars/0": [3, 2], "layers/dense/vars/1": [2] };

describe("what has no ONNX form", () => {
  test("is named in one message: every layer, its class and what is in the way", () => {
    const error = refusal(() =>
      convert(
        sequential(
          input("x", [null, 3]),
          layer("Lambda", "twice"),
          { ...layer("Doubling", "own"), module: null, registered_name: "shop>Doubling" },
          layer("Dense", "dense", { units: 2, activation: "sparsemax" }),
          { ...layer("Dense", "taken"), module: "evil.layers" },
          layer("LSTM", "memory", { units: 1, stateful: true }),
          layer("ConvLSTM2D", "weather"),
        ),
        {
          ...denseWeights,
          "layers/lstm/cell/vars/0": [3, 4],
          "layers/lstm/cell/vars/1": [1, 4],
          "layers/lstm/cell/vars/2": [4],
        },
      ),
    );
    expect(error.code).toBe("unsupported");
    const { layers } = error.details as { layers: { layer: string; class: string; attribute?: string }[] };
    expect(layers.map(({ layer: name, class: type, attribute }) => [name, type, attribute])).toEqual([
      ["twice", "Lambda", undefined],
      ["own", "Doubling", undefined],
      ["dense", "Dense", "activation"],
      ["taken", "Dense", undefined],
      ["memory", "LSTM", "stateful"],
      ["weather", "ConvLSTM2D", undefined],
    ]);
    for (const { layer: name } of layers) expect(error.message).toContain(JSON.stringify(name));
    expect(error.message).toMatch(/can be kept as it is/u);
  });

  test("an activation of somebody's own, whatever its name", () => {
    const activation = { module: "shop", class_name: "function", config: "relu", registered_name: "relu" };
    const error = refusal(() =>
      convert(sequential(input("x", [null, 3]), layer("Dense", "dense", { units: 2, activation })), denseWeights),
    );
    expect(error).toMatchObject({
      code: "unsupported",
      details: { layers: [{ layer: "dense", attribute: "activation" }] },
    });
  });

  test("an activation that is a layer of somebody's own, or a softmax that is not over the last axis", () => {
    for (const activation of [
      { ...layer("ReLU", "own"), module: "shop" },
      layer("Softmax", "softmax", { axis: 1 }),
      layer("constructor", "odd"),
      "constructor",
      { module: "keras.ops", class_name: "function", config: "gelu" },
    ])
      expect(
        refusal(() =>
          convert(sequential(input("x", [null, 3]), layer("Dense", "dense", { units: 2, activation })), denseWeights),
        ).code,
      ).toBe("unsupported");
  });

  test("a layer within a model within is named with the models around it", () => {
    const inner = {
      ...sequential(layer("Lambda", "hidden")),
      name: "inner",
      config: { name: "inner", layers: [layer("Lambda", "hidden")] },
    };
    expect(refusal(() => convert(sequential(input("x", [null, 3]), inner))).message).toContain(
      '"inner/hidden" (Lambda)',
    );
  });

  test("arguments of a call that change what is computed", () => {
    const called = layer(
      "Dense",
      "dense",
      { units: 2 },
      { inbound_nodes: [{ args: [tensor("x")], kwargs: { training: true } }] },
    );
    expect(
      refusal(() => convert(functional([input("x", [null, 3]), called], "dense"), denseWeights)).message,
    ).toContain("training=true");
  });

  test("a tensor more than is looked at, as a mask by position", () => {
    const layers = [input("x", [null, 3]), layer("Softmax", "soft", {}, call("x", "x"))];
    expect(refusal(() => convert(functional(layers, "soft"))).message).toContain("called with 2 tensors");
  });

  test.each(["custom.keras", "lambda.keras", "lambda.h5", "old-lambda.h5", "lambda-nested.keras"])(
    "%s",
    async (name) => {
      const bytes = new Uint8Array(readFileSync(new URL(`../../../vectors/keras/${name}`, import.meta.url)));
      const file = await kerasCodec().decode(memoryPayloads([{ path: name, bytes }]));
      expect(refusal(() => convertKeras(file)).code).toBe("unsupported");
    },
  );

  test("another precision than that of Keras", () => {
    const file = {
      tensors: new Map(),
      metadata: new Map([["keras.config", JSON.stringify(sequential(input("x", [null, 3])))]]),
    };
    expect(refusal(() => convertKeras(file, { precision: "float64" })).message).toMatch(/in float32/u);
    expect(convertKeras(file, { precision: "float32" }).exactness).toBe("bounded");
  });

  test("weights alone, and an architecture alone", () => {
    expect(refusal(() => convertKeras({ tensors: new Map(), metadata: new Map() })).message).toMatch(/weights alone/u);
    expect(refusal(() => convert(sequential(input("x", [null, 3]), dense))).message).toMatch(/lacks the weight/u);
  });
});

describe("hostile architectures", () => {
  const x = input("x", [null, 3]);
  const identity = (name: string, ...from: string[]) => layer("Identity", name, {}, call(...from));

  const cases: readonly (readonly [what: string, model: Layer, tensors?: Tensors])[] = [
    ["a circle of two layers", functional([x, identity("a", "b"), identity("b", "a")], "b")],
    ["a layer that feeds itself", functional([x, identity("a", "a")], "a")],
    ["a call of a layer that is not there", functional([x, identity("a", "nobody")], "a")],
    ["an output that is not there", functional([x, identity("a", "x")], "nobody")],
    ["two layers of one name", functional([x, identity("a", "x"), identity("a", "x")], "a")],
    ["an input that is no InputLayer", { ...functional([identity("x", "y"), identity("y", "x")], "y") }],
    ["no layers", { module: "keras", class_name: "Sequential", config: { name: "model", layers: [] } }],
    ["layers that are no list", { module: "keras", class_name: "Sequential", config: { name: "model", layers: 7 } }],
    [
      "a layer that is no object",
      { module: "keras", class_name: "Sequential", config: { name: "model", layers: [x, 7] } },
    ],
    ["a kernel for other inputs", sequential(x, dense), { "layers/dense/vars/0": [4, 2], "layers/dense/vars/1": [2] }],
    ["a kernel for other units", sequential(x, dense), { "layers/dense/vars/0": [3, 9], "layers/dense/vars/1": [2] }],
    ["a bias that is too long", sequential(x, dense), { "layers/dense/vars/0": [3, 2], "layers/dense/vars/1": [3] }],
    [
      "a kernel without its second axis",
      sequential(x, dense),
      { "layers/dense/vars/0": [6], "layers/dense/vars/1": [2] },
    ],
    ["units that are no number", sequential(x, layer("Dense", "dense", { units: "many" })), denseWeights],
    ["units below zero", sequential(x, layer("Dense", "dense", { units: -2 })), denseWeights],
    ["a shape that is text", sequential(input("x", ["three" as unknown as number]), dense), denseWeights],
    [
      "a pool larger than its image",
      sequential(input("x", [null, 2, 2, 1]), layer("MaxPooling2D", "pool", { pool_size: [3, 3], strides: [1, 1] })),
    ],
    [
      "a crop larger than its image",
      sequential(
        input("x", [null, 2, 2, 1]),
        layer("Cropping2D", "crop", {
          cropping: [
            [1, 1],
            [0, 0],
          ],
        }),
      ),
    ],
    ["a Reshape to another size", sequential(x, layer("Reshape", "reshape", { target_shape: [2, 2] }))],
    ["a Permute that leaves one out", sequential(x, layer("Permute", "permute", { dims: [2] }))],
    ["an axis outside of the input", sequential(x, layer("UnitNormalization", "unit", { axis: 5 }))],
    [
      "shapes that cannot be added",
      functional(
        [
          x,
          layer("Flatten", "f", {}, call("x")),
          layer("RepeatVector", "r", { n: 2 }, call("x")),
          layer("Permute", "p", { dims: [2, 1] }, call("r")),
          layer("Add", "sum", {}, call("r", "p")),
        ],
        "sum",
      ),
    ],
  ];
  test.each(cases.map(([what, model, tensors = {}]) => ({ what, model, tensors })))(
    "$what is malformed",
    ({ model, tensors }) => {
      expect(refusal(() => convert(model, tensors)).code).toBe("malformed");
    },
  );

  test("models called twice within models called twice end at a limit", () => {
    let inner: Layer = functional([input("x", [null, 3]), identity("end", "x")], "end");
    for (let depth = 0; depth < 40; depth++) {
      const named = { ...inner, name: "inner", config: { ...(inner["config"] as Layer), name: "inner" } };
      const twice = [
        { args: [tensor("x")], kwargs: {} },
        { args: [tensor("inner", 0)], kwargs: {} },
      ];
      const model = functional([input("x", [null, 3]), { ...named, inbound_nodes: twice }], "inner");
      inner = { ...model, config: { ...(model["config"] as Layer), output_layers: [["inner", 1, 0]] } };
    }
    expect(refusal(() => convert(inner)).code).toBe("limit_exceeded");
  });

  test("a chain of many layers is no depth", () => {
    const names = Array.from({ length: 5_000 }, (_, at) => `layer_${at}`);
    const chain = names.map((name, at) => identity(name, names[at - 1] ?? "x"));
    const { signature } = convert(functional([x, ...chain.toReversed()], names.at(-1)!));
    expect(signature.outputs).toEqual([{ name: "layer_4999", dtype: "float32", shape: ["batch", 3] }]);
  });

  test("a mask of NaN is one that nothing is equal to, as in Keras", () => {
    const masking = layer("Masking", "hole", { mask_value: "not a number" });
    const config = JSON.stringify(sequential(x, masking)).replace('"not a number"', "NaN");
    const { model } = convertKeras({ tensors: new Map(), metadata: new Map([["keras.config", config]]) });
    const rows = new Tensor("float32", [1, 3], Float32Array.of(0, 1, 2));
    expect([
      ...evaluator(model)
        .run(new Map([["x", rows]]))
        .get("hole")!.data,
    ]).toEqual([0, 1, 2]);
  });

  test("names of layers may be those of operators, of inputs and of each other's outputs", () => {
    const model = functional(
      [input("x", [null, 3]), identity("matmul", "x"), layer("Add", "constant", {}, call("matmul", "x"))],
      "constant",
    );
    expect(convert(model).signature.outputs[0]!.name).toBe("constant");
    const same = functional([input("x", [null, 3])], "x");
    expect(convert(same).signature.outputs[0]!.name).toBe("x_1");
  });
});
