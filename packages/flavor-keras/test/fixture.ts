import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { type DType, memoryPayloads, Tensor, tensorElements, tensorFromBytes, type TensorMap } from "@modelkeep/core";
import { kerasCodec } from "@modelkeep/codec-keras";
import { onnxRuntime } from "@modelkeep/codec-onnx";
import { encodeModelBytes, evaluator } from "@modelkeep/onnx";

import { convertKeras, type KerasConversion } from "../src/index.js";

interface Recorded {
  readonly name?: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly base64?: string;
  readonly texts?: readonly string[];
}

/** A model that Keras wrote, rows, and what Keras made of them. */
export interface Recording {
  readonly file: string;
  readonly inputs: Readonly<Record<string, Recorded>>;
  readonly outputs: readonly Recorded[];
}

export async function readIndex(folder: string): Promise<readonly Recording[]> {
  return JSON.parse(await readFile(join(folder, "index.json"), "utf8")) as Recording[];
}

export async function convertBytes(bytes: Uint8Array): Promise<KerasConversion> {
  return convertKeras(await kerasCodec().decode(memoryPayloads([{ path: "model.keras", bytes }])));
}

/** Runs a converted model. */
export type Run = (conversion: KerasConversion, inputs: TensorMap) => Promise<TensorMap>;

export const runEvaluator: Run = async ({ model }, inputs) => evaluator(model).run(inputs);

export const runNative: Run = async ({ model }, inputs) => {
  const payloads = memoryPayloads([{ path: "model.onnx", bytes: encodeModelBytes(model) }]);
  await using predictor = await onnxRuntime().predictor(payloads, { threads: 1 });
  return await predictor.predict(inputs);
};

/** One recorded output against that of the ONNX model. */
export interface Difference {
  readonly output: string;
  readonly of: number;
  /** Largest |a - b| / max(1, |b|); infinite where shapes or texts differ. */
  readonly worst: number;
}

export async function compare(conversion: KerasConversion, recording: Recording, run: Run): Promise<Difference[]> {
  const { signature } = conversion;
  const recorded = Object.values(recording.inputs);
  const inputs = new Map(
    signature.inputs.map(({ name, dtype }, at) => [name, as(dtype, tensorOf(recording.inputs[name] ?? recorded[at]!))]),
  );
  const results = await run(conversion, inputs);
  return recording.outputs.map((output, at) => {
    const { name } = signature.outputs[at]!;
    const [have, wanted] = [results.get(name)!, tensorOf(output)];
    const differs = have.shape.join() !== wanted.shape.join();
    const [a, b] = [tensorElements(have), tensorElements(wanted)];
    const worst = differs ? Infinity : Math.max(0, ...a.map((value, index) => distance(value, b[index]!)));
    return { output: name, of: b.length, worst };
  });
}

function distance(a: unknown, b: unknown): number {
  if (typeof a === "string" || typeof b === "string") return a === b ? 0 : Infinity;
  const [x, y] = [Number(a), Number(b)];
  const apart = Math.abs(x - y) / Math.max(1, Math.abs(y));
  return Number.isNaN(apart) ? Infinity : apart;
}

function tensorOf({ dtype, shape, base64, texts }: Recorded): Tensor {
  if (texts !== undefined) return new Tensor("string", shape, [...texts]);
  return tensorFromBytes(dtype as DType, shape, new Uint8Array(Buffer.from(base64!, "base64")));
}

/** Keras 2 and NumPy give integers of other widths than the signature asks for. */
function as(dtype: DType, tensor: Tensor): Tensor {
  if (tensor.dtype === dtype) return tensor;
  const values = tensorElements(tensor).map(Number);
  if (dtype === "int64") return new Tensor(dtype, tensor.shape, BigInt64Array.from(values, BigInt));
  return new Tensor(dtype, tensor.shape, dtype === "int32" ? Int32Array.from(values) : Float32Array.from(values));
}
