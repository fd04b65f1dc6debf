import { describe, expect, test } from "vitest";

import { architecture, inspect, vector } from "./support.js";

async function found(...layers: readonly unknown[]) {
  const model = { module: "keras", class_name: "Sequential", config: { name: "model", layers }, registered_name: null };
  const { findings } = await inspect(architecture(model));
  return findings!.map(({ level, kind, where }) => [level, kind, where]);
}

const dense = {
  module: "keras.layers",
  class_name: "Dense",
  config: { name: "dense", units: 1 },
  registered_name: null,
};

describe("what a configuration makes a loader run", () => {
  test("code in a Lambda is a danger, wherever it lies", async () => {
    for (const name of ["lambda.keras", "lambda.h5", "lambda-nested.keras", "old-lambda.h5"]) {
      const { findings } = await inspect(vector(name));
      expect([name, findings!.map(({ level, kind }) => [level, kind])]).toEqual([name, [["danger", "keras_lambda"]]]);
    }
    const wrapped = {
      class_name: "TimeDistributed",
      config: { layer: { class_name: "__lambda__", config: { code: "" } } },
    };
    expect(await found(dense, { ...dense, config: { a: [[{ b: wrapped }]] } })).toEqual([
      ["danger", "keras_lambda", "config.layers[1].config.a[0][0].b.config.layer"],
    ]);
  });

  test("a Lambda that names a function is a warning", async () => {
    const layer = { class_name: "Lambda", config: { name: "named", function: "double", function_type: "function" } };
    expect(await found(layer)).toEqual([["warning", "keras_lambda", "config.layers[0]"]]);
  });

  test.each([
    ["a class of the user's", { ...dense, module: "shop.layers", class_name: "Doubling" }],
    ["a registered class", { ...dense, module: null, registered_name: "shop>Dense" }],
    [
      "a class that is not registered and is called as Keras' own",
      { ...dense, module: null, registered_name: "Dense" },
    ],
    ["a class of Keras 2 that is not Keras'", { class_name: "Doubling", config: {} }],
    ["a module that only begins as Keras", { ...dense, module: "keras_evil.layers" }],
    ["a module of Python's", { module: "os", class_name: "system", config: {} }],
    ["a class among Python's own", { module: "builtins", class_name: "eval", config: {} }],
    [
      "a function of another module",
      { module: "os", class_name: "function", config: "system", registered_name: "system" },
    ],
  ])("%s is a warning", async (_, layer) => {
    expect(await found(layer)).toEqual([["warning", "keras_custom_object", "config.layers[0]"]]);
  });

  test.each([
    [
      "a function of Keras that is no part of a model",
      { module: "keras.utils", class_name: "function", config: "get_file" },
    ],
    ["a pickled module of PyTorch", { module: "keras.layers", class_name: "TorchModuleWrapper", config: {} }],
    ["a SavedModel", { module: "keras.layers", class_name: "TFSMLayer", config: { filepath: "/tmp/model" } }],
    ["an operation that writes files", { class_name: "TFOpLambda", config: { function: "io.write_file" } }],
  ])("%s is a danger", async (_, layer) => {
    expect(await found(layer)).toEqual([["danger", "keras_loads_code", "config.layers[0]"]]);
  });

  test("a vocabulary that is a path is a danger", async () => {
    const layer = { module: "keras.layers", class_name: "StringLookup", config: { vocabulary: "/etc/passwd" } };
    expect(await found(layer)).toEqual([["danger", "keras_reads_file", "config.layers[0]"]]);
  });

  test("a loss or an optimizer is looked at as the layers are", async () => {
    const model = { ...dense, compile_config: { optimizer: { module: "shop", class_name: "Descent", config: {} } } };
    const { findings } = await inspect(architecture(model));
    expect(findings).toMatchObject([{ where: "compile_config.optimizer", kind: "keras_custom_object" }]);
  });

  test("functions of Keras' activations, and operations that compute, are ordinary", async () => {
    const relu = { module: "keras.activations", class_name: "function", config: "relu", registered_name: "relu" };
    expect(
      await found(
        { ...dense, config: { activation: relu } },
        { class_name: "TFOpLambda", config: { function: "math.add" } },
      ),
    ).toEqual([]);
  });
});
