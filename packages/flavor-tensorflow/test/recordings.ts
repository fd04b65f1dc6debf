import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { onnxRuntime } from "@modelkeep/codec-onnx";
import { type DType, dtypeInfo, memoryPayloads, Tensor, type TensorMap } from "@modelkeep/core";
import { encodeModelBytes, type OnnxModel } from "@modelkeep/onnx";
import type { SavedModelFiles } from "@modelkeep/savedmodel";

interface Values {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: readonly (number | string | boolean)[];
}

/** What TensorFlow predicted: `recording.json` beside a SavedModel. */
export interface Recording {
  readonly name: string;
  readonly kind: "Keras 3" | "Keras 2" | "tf.Module";
  readonly signature: string;
  readonly inputs: Readonly<Record<string, Values>>;
  readonly outputs: Readonly<Record<string, Values>>;
  readonly tensorflow: string;
  readonly keras: string | null;
}

export interface Recorded {
  readonly recording: Recording;
  readonly model: SavedModelFiles;
}

/** Each folder of the folder that has a recording. */
export function readRecordings(folder: string): Recorded[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(folder, entry.name))
    .flatMap((path) => {
      const files = filesOf(path);
      const text = files.get("recording.json");
      files.delete("recording.json");
      if (text === undefined) return [];
      const recording = JSON.parse(new TextDecoder().decode(text)) as Recording;
      return [{ recording, model: { files, tensors: new Map(), metadata: new Map() } }];
    });
}

export function filesOf(root: string): Map<string, Uint8Array> {
  const entries = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = entries.map((entry) => join(entry.parentPath, entry.name));
  return new Map(paths.map((path) => [path.slice(root.length + 1), new Uint8Array(readFileSync(path))]));
}

export function tensorsOf(values: Readonly<Record<string, Values>>): Map<string, Tensor> {
  return new Map(Object.entries(values).map(([name, each]) => [name, tensorOf(each)]));
}

function tensorOf({ dtype, shape, data }: Values): Tensor {
  if (dtype === "string") return new Tensor(dtype, shape, data.map(String));
  const { array } = dtypeInfo(dtype);
  const list = new array!(data.length);
  const wide = list instanceof BigInt64Array || list instanceof BigUint64Array;
  for (const [index, value] of data.entries())
    (list as Float64Array)[index] = (wide ? BigInt(value) : Number(value)) as number;
  return new Tensor(dtype, shape, list);
}

/** By ONNX Runtime itself. */
export async function runNative(model: OnnxModel, inputs: TensorMap): Promise<TensorMap> {
  const payloads = memoryPayloads([{ path: "model.onnx", bytes: encodeModelBytes(model) }]);
  await using predictor = await onnxRuntime().predictor(payloads);
  return await predictor.predict(inputs);
}

export interface Difference {
  /** The largest |a - b| / max(1, |b|); infinite where shapes, types, texts or whole numbers differ. */
  readonly worst: number;
  readonly what: string;
}

/** How far apart two sets of outputs are. */
export function difference(have: TensorMap, wanted: TensorMap): Difference {
  let worst: Difference = { worst: 0, what: "" };
  const note = (apart: number, what: string): void => {
    if (apart > worst.worst) worst = { worst: apart, what };
  };
  for (const [name, b] of wanted) {
    const a = have.get(name);
    if (a === undefined || a.dtype !== b.dtype || a.shape.join() !== b.shape.join()) {
      note(Infinity, `${name}: ${a?.dtype} [${a?.shape.join(", ")}], not ${b.dtype} [${b.shape.join(", ")}]`);
      continue;
    }
    const floats = b.dtype.startsWith("float");
    for (const [index, right] of [...b.data].entries()) {
      const left = a.data[index];
      if (Object.is(left, right) || left === right) continue;
      const apart = floats ? Math.abs(Number(left) - Number(right)) / Math.max(1, Math.abs(Number(right))) : Infinity;
      note(Number.isNaN(apart) ? Infinity : apart, `${name}[${index}]: ${left}, not ${right}`);
    }
  }
  return worst;
}
