import { byteLength, joinBytes, type Limits, ModelkeepError, reader, Tensor, tensorFromBytes } from "@modelkeep/core";

import { malformed } from "./json.js";
import type { ModelJson } from "./model-json.js";
import type { WeightGroup, WeightSpec } from "./weights-manifest.js";

/**
 * The weights, from the files of the folder. Each group's files are as long together as its weights: `truncated` or `malformed`
 * otherwise, `not_found` for a file that is missing. Quantised weights become what TensorFlow.js makes of them.
 */
export function readWeights(
  { groups }: Pick<ModelJson, "groups">,
  files: ReadonlyMap<string, Uint8Array>,
  limits: Limits = {},
): Map<string, Tensor> {
  const tensors = new Map<string, Tensor>();
  let left = limits.bytes ?? Infinity;
  for (const group of groups) {
    const bytes = joined(group, files);
    let at = 0;
    for (const spec of group.weights) {
      left -= spec.dtype === "string" ? 0 : byteLength(spec.dtype, spec.count);
      if (left < 0)
        throw new ModelkeepError("limit_exceeded", `[tfjs] The weights have more than ${limits.bytes} bytes`);
      const size = sizeOf(spec, bytes, at);
      tensors.set(spec.name, readWeight(spec, bytes.subarray(at, at + size)));
      at += size;
    }
    if (at < bytes.length)
      throw malformed(`The files ${group.paths.join(", ")} have ${bytes.length} bytes, and their weights ${at}`);
  }
  return tensors;
}

/** The files of a group one behind the other. One alone is not copied. */
function joined({ paths }: WeightGroup, files: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const parts = paths.map((path) => {
    const part = files.get(path);
    if (part === undefined) throw new ModelkeepError("not_found", `[tfjs] The model lacks its file of weights ${path}`);
    return part;
  });
  return parts.length === 1 ? parts[0]! : joinBytes(parts);
}

/** Bytes of the weight in its file; known before anything is allocated for it. */
function sizeOf(spec: WeightSpec, bytes: Uint8Array, at: number): number {
  const size = spec.dtype === "string" ? textsEnd(spec, bytes, at) - at : keptSize(spec);
  if (at + size > bytes.length) throw cutOff(spec);
  return size;
}

/** Bytes of a weight of numbers. */
export function keptSize({ dtype, count, quantization }: WeightSpec): number {
  if (quantization !== undefined) return count * (quantization.dtype === "uint8" ? 1 : 2);
  return dtype === "string" ? 0 : byteLength(dtype, count);
}

function cutOff({ name }: WeightSpec): ModelkeepError {
  return new ModelkeepError("truncated", `[tfjs] The files of weights end before ${JSON.stringify(name)} does`);
}

/** Texts have their length before them, in four bytes. */
function textsEnd(spec: WeightSpec, bytes: Uint8Array, start: number): number {
  if (spec.count > bytes.length / 4) throw cutOff(spec);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = start;
  for (let index = 0; index < spec.count; index++) {
    if (at + 4 > bytes.length) throw cutOff(spec);
    at += 4 + view.getUint32(at, true);
  }
  return at;
}

function readWeight(spec: WeightSpec, bytes: Uint8Array): Tensor {
  const { dtype, shape, quantization } = spec;
  if (quantization !== undefined) return dequantized(spec, bytes);
  if (dtype === "string") return new Tensor("string", shape, readTexts(spec, bytes));
  // Never a view: two weights must not share what a caller may change.
  return tensorFromBytes(dtype, shape, bytes.slice());
}

function readTexts({ count }: WeightSpec, bytes: Uint8Array): string[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  let at = 0;
  return Array.from({ length: count }, () => {
    const length = view.getUint32(at, true);
    at += 4 + length;
    return decoder.decode(bytes.subarray(at - length, at));
  });
}

/** As `decodeWeights` of TensorFlow.js: in doubles, rounded once into what the weight is of. */
function dequantized({ dtype, shape, count, quantization }: WeightSpec, bytes: Uint8Array): Tensor {
  if (quantization === undefined || quantization.dtype === "float16") {
    const half = tensorFromBytes("float16", shape, bytes.slice());
    const read = reader("float16", half.data);
    return new Tensor(
      "float32",
      shape,
      Float32Array.from({ length: count }, (_, index) => Number(read(index))),
    );
  }
  const { scale, min } = quantization;
  const kept = tensorFromBytes(quantization.dtype, shape, bytes.slice()).data as Uint8Array;
  if (dtype === "int32")
    return new Tensor(
      "int32",
      shape,
      Int32Array.from(kept, (value) => Math.round(value * scale + min)),
    );
  return new Tensor(
    "float32",
    shape,
    Float32Array.from(kept, (value) => value * scale + min),
  );
}
