import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { memoryPayloads, Tensor, type TensorMap, tensorElements, tensorOf } from "@modelkeep/core";
import { onnxRuntime } from "@modelkeep/codec-onnx";
import { encodeModelBytes, evaluator } from "@modelkeep/onnx";
import { readPickle } from "@modelkeep/pickle";

import { convertSklearn, type SklearnConversion, textPreprocessor } from "../src/index.js";

type Cell = number | string | boolean | null;
type Outputs = Readonly<Record<string, unknown>>;

/** A recorded model: rows and what scikit-learn made of them. Non-finite numbers are strings. */
export interface Recording {
  readonly id: string;
  readonly kind: string;
  readonly input?: {
    readonly type: string;
    readonly dtype?: string;
    readonly columns?: readonly { readonly name: string; readonly dtype: string }[];
  };
  readonly X: readonly (readonly Cell[] | string)[];
  readonly outputs: Outputs;
  readonly X_edge?: readonly (readonly Cell[])[];
  readonly outputs_edge?: Outputs;
}

export interface Difference {
  readonly output: string;
  /** Values that are not the same to the last bit, of how many. */
  readonly differing: number;
  readonly of: number;
  /** Largest |a - b| / max(1, |b|). */
  readonly worst: number;
}

/** scikit-learn's methods and the outputs that answer them. */
const outputNames: Readonly<Record<string, string>> = {
  predict_proba: "probabilities",
  decision_function: "decision",
  score_samples: "score",
  transform: "transformed",
};

/** The models that a folder's index.json lists: their recordings, and the first file of each. */
export async function readFolder(folder: string): Promise<{ recording: Recording; path: string }[]> {
  const index = JSON.parse(await readFile(join(folder, "index.json"), "utf8")) as {
    models: { json: string; files: string[] }[];
  };
  return Promise.all(
    index.models.map(async ({ json, files }) => ({
      recording: JSON.parse(await readFile(join(folder, json), "utf8")) as Recording,
      path: join(folder, files[0]!),
    })),
  );
}

export async function convertFile(path: string, precision?: "float32"): Promise<SklearnConversion> {
  const bytes = await readFile(path);
  const { value } = readPickle(new Uint8Array(bytes));
  return convertSklearn(value, precision === undefined ? {} : { precision });
}

/** Runs a converted model. */
export type Run = (conversion: SklearnConversion, inputs: TensorMap) => Promise<TensorMap>;

export const runEvaluator: Run = async ({ model, texts }, inputs) =>
  evaluator(model).run(texts === undefined ? inputs : textPreprocessor(texts)(inputs));

export const runNative: Run = async ({ model }, inputs) => {
  const payloads = memoryPayloads([{ path: "model.onnx", bytes: encodeModelBytes(model) }]);
  await using predictor = await onnxRuntime().predictor(payloads, { threads: 1 });
  return await predictor.predict(inputs);
};

/** The rows as inputs of the signature. */
export function inputsOf(conversion: SklearnConversion, recording: Recording, rows: Recording["X"]): TensorMap {
  const { inputs } = conversion.signature;
  if (recording.input?.type === "text") {
    return new Map([["text", new Tensor("string", [rows.length], rows as readonly string[])]]);
  }
  const columns = recording.input?.columns?.map((column) => column.name);
  return new Map(
    inputs.map((spec) => {
      if (spec.name === "features") {
        const width = (rows[0] as readonly Cell[]).length;
        const cells = (rows as readonly (readonly Cell[])[]).flat().map((cell) => number(cell));
        return [spec.name, tensorOf(spec.dtype, [rows.length, width], cells)];
      }
      const index = columns?.indexOf(spec.name) ?? Number(spec.name.slice(1));
      const cells = (rows as readonly (readonly Cell[])[]).map((row) => row[index]!);
      const values = cells.map((cell) => {
        if (spec.dtype === "string") return cell === null || cell === "NaN" ? "" : String(cell);
        // A text in a column that no step reads.
        if (typeof cell === "string" && Number.isNaN(Number(cell))) return Number.NaN;
        return spec.dtype === "int64" ? BigInt(Number(cell)) : number(cell);
      });
      return [spec.name, tensorOf(spec.dtype, [rows.length], values)];
    }),
  );
}

/** Every recorded output against that of the ONNX model; a label that is not equal counts as infinitely far. */
export async function compare(conversion: SklearnConversion, recording: Recording, run: Run): Promise<Difference[]> {
  const differences: Difference[] = [];
  const parts = [
    { mark: "", rows: recording.X, outputs: recording.outputs },
    { mark: "edge ", rows: recording.X_edge ?? [], outputs: recording.outputs_edge ?? {} },
  ];
  for (const { mark, rows, outputs } of parts) {
    if (rows.length === 0) continue;
    const results = await run(conversion, inputsOf(conversion, recording, rows));
    for (const [method, wanted] of Object.entries(outputs)) {
      if (/_(dtype|sparse)$/u.test(method)) continue;
      const lists = listsOf(wanted);
      lists.forEach((list, index) => {
        const stem = method === "predict" ? (results.has("value") ? "value" : "label") : outputNames[method]!;
        const name = lists.length > 1 ? `${stem}_${index}` : stem;
        const output = results.get(name);
        if (output === undefined) throw new Error(`${recording.id} has no output ${name}`);
        differences.push(difference(`${mark}${name}`, tensorElements(output), flatten(list)));
      });
    }
  }
  return differences;
}

/** Several targets are recorded as a list of tables. */
function listsOf(value: unknown): unknown[] {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    const list = (value as Record<string, unknown>)["$list"] ?? (value as Record<string, unknown>)["data"];
    return Array.isArray(list) ? list : [value];
  }
  const nested = (each: unknown, depth: number): boolean =>
    depth === 0 || (Array.isArray(each) && nested(each[0], depth - 1));
  return nested(value, 3) ? (value as unknown[]) : [value];
}

function difference(output: string, have: readonly unknown[], wanted: readonly unknown[]): Difference {
  if (have.length !== wanted.length) throw new Error(`${output} has ${have.length} values, not ${wanted.length}`);
  let differing = 0;
  let worst = 0;
  for (let at = 0; at < have.length; at++) {
    const [a, b] = [comparable(have[at]), comparable(wanted[at])];
    if (Object.is(a, b) || a === b) continue;
    differing++;
    worst = Math.max(worst, output.includes("label") ? Infinity : distance(a, b));
  }
  return { output, differing, of: have.length, worst };
}

/** |a - b| / max(1, |b|), infinite for what is no number. */
export function distance(a: unknown, b: unknown): number {
  if (typeof a !== "number" || typeof b !== "number") return Infinity;
  const apart = Math.abs(a - b) / Math.max(1, Math.abs(b));
  return Number.isNaN(apart) ? Infinity : apart;
}

function flatten(value: unknown): unknown[] {
  return Array.isArray(value) ? value.flatMap(flatten) : [value];
}

function comparable(value: unknown): unknown {
  if (typeof value === "bigint") return Number(value);
  if (typeof value === "boolean") return Number(value);
  if (value === "NaN" || value === "Infinity" || value === "-Infinity") return Number(value);
  return value;
}

function number(cell: Cell): number {
  return cell === null ? Number.NaN : Number(cell);
}
