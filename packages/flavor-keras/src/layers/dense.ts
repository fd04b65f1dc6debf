import type { LayerConfig } from "../config/layer-config.js";
import { activationOf } from "./activations.js";
import { checkWeight, inputFault } from "./checks.js";
import type { LayerKind } from "./layer-kind.js";

/** Keras can keep weights of these layers in other forms. */
function onlyOwnWeights(layer: LayerConfig): void {
  layer.only("quantization_config", null, "quantised layers have no ONNX form here");
  layer.only("lora_rank", null, "layers with LoRA have no ONNX form here: merge the weights before saving");
}

const dense: LayerKind = {
  classes: ["Dense"],
  prepare(layer, weights) {
    const units = layer.integer("units");
    const activation = activationOf(layer);
    onlyOwnWeights(layer);
    const withBias = layer.boolean("use_bias", true);
    const [kernel, bias] = weights.take(withBias ? ["kernel", "bias"] : ["kernel"]);
    checkWeight(layer, "kernel", kernel!, [null, units]);
    if (bias !== undefined) checkWeight(layer, "bias", bias, [units]);
    return (graph, [x]) => {
      const input = graph.last(graph.float(x!));
      const { shape } = input;
      if (shape.length < 2 || shape.at(-1) !== kernel!.shape[0])
        throw inputFault(layer, shape, `one of ${kernel!.shape[0]} features`);
      const product = graph.matmul(input.value, graph.weight(kernel!));
      const sum = bias === undefined ? product : graph.add(product, graph.weight(bias));
      return { ...input, value: activation.draw(graph, sum, -1), shape: [...shape.slice(0, -1), units] };
    };
  },
};

/** Einsum of ONNX knows no ellipsis in all runtimes: it is written out for the rank of the input. */
function equationFor(equation: string, rank: number): string | undefined {
  const parts = /^([a-zA-Z.]+),([a-zA-Z]+)->([a-zA-Z.]+)$/u.exec(equation.replaceAll(" ", ""));
  if (parts === null) return undefined;
  const [, input, kernel, output] = parts as unknown as [string, string, string, string];
  if (!input.includes("...")) return `${input},${kernel}->${output}`;
  const used = new Set(input + kernel + output);
  const free = Array.from("zyxwvutsrqponmlkjihgfedcba").filter((letter) => !used.has(letter));
  const open = rank - (input.length - 3);
  if (open < 0 || open > free.length) return undefined;
  const written = free.slice(0, open).join("");
  return `${input.replace("...", written)},${kernel}->${output.replace("...", written)}`;
}

const einsumDense: LayerKind = {
  classes: ["EinsumDense"],
  prepare(layer, weights) {
    const equation = layer.get("equation");
    if (typeof equation !== "string") throw layer.fault("equation", "a text");
    const activation = activationOf(layer);
    const withBias = layer.get("bias_axes") !== null && layer.get("bias_axes") !== undefined;
    const [kernel, bias] = weights.take(withBias ? ["kernel", "bias"] : ["kernel"]);
    return (graph, [x]) => {
      const input = graph.last(graph.float(x!));
      const written = equationFor(equation, input.shape.length);
      const sizes = new Map<string, number | null>();
      const [left = "", right = ""] = written?.split("->") ?? [];
      const [own = "", ours = ""] = left.split(",");
      if (written === undefined || own.length !== input.shape.length || ours.length !== kernel!.shape.length)
        throw layer.fault("equation", "one of its input and its kernel");
      Array.from(own).forEach((letter, axis) => sizes.set(letter, input.shape[axis]!));
      Array.from(ours).forEach((letter, axis) => {
        const known = sizes.get(letter);
        if (known !== undefined && known !== null && known !== kernel!.shape[axis])
          throw inputFault(layer, input.shape, `one of ${kernel!.shape[axis]} at ${JSON.stringify(letter)}`);
        sizes.set(letter, kernel!.shape[axis]!);
      });
      const product = graph.apply("Einsum", [input.value, graph.weight(kernel!)], { equation: written });
      const sum = bias === undefined ? product : graph.add(product, graph.weight(bias));
      const shape = Array.from(right).map((letter) => sizes.get(letter) ?? null);
      return { ...input, value: activation.draw(graph, sum, -1), shape };
    };
  },
};

const embedding: LayerKind = {
  classes: ["Embedding"],
  prepare(layer, weights) {
    const masks = layer.boolean("mask_zero", false);
    onlyOwnWeights(layer);
    const [table] = weights.take(["embeddings"]);
    checkWeight(layer, "embeddings", table!, [layer.integer("input_dim"), layer.integer("output_dim")]);
    return (graph, [x]) => {
      const input = graph.last(x!);
      const indices = input.dtype === "int64" || input.dtype === "int32" ? input : graph.as(input, "int32");
      const value = graph.gather(graph.weight(table!), indices.value);
      const zero = () => (indices.dtype === "int64" ? graph.int64(0) : graph.cast(graph.int64(0), "int32"));
      const mask = masks ? { mask: graph.not(graph.equal(indices.value, zero())) } : {};
      return { value, shape: [...input.shape, table!.shape[1]!], dtype: "float32", ...mask };
    };
  },
};

export const denseKinds: readonly LayerKind[] = [dense, einsumDense, embedding];
