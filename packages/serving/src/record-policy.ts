import {
  dtypeKind,
  type DType,
  dtypeInfo,
  ModelkeepError,
  type Signature,
  Tensor,
  type TensorMap,
  type TensorSpec,
} from "@modelkeep/core";

import type { PredictionRecord } from "./record.js";
import { inputsDigest } from "./record-line.js";

/** What a record keeps of the inputs. */
export interface RecordPolicy {
  /** What is kept of the inputs: their values (default), a digest that tells equal ones, or nothing. Only values can be replayed. */
  readonly inputs?: "values" | "digest" | "none" | undefined;
  /** Features, or inputs, whose values never reach a record. A model that lacks one of them is not served. */
  readonly redact?: readonly string[] | undefined;
  /** Inputs of more bytes are kept as a digest. Default 4 MiB. */
  readonly largest?: number | undefined;
}

const defaultLargest = 4 * 1024 * 1024;

/** What a policy keeps of the inputs of one model: asked when the record is written. */
export class InputKeeper {
  readonly #kept: "values" | "digest" | "none";
  readonly #largest: number;
  readonly #redacted: readonly string[];
  readonly #columns: ReadonlyMap<string, "all" | readonly number[]>;

  /** `invalid_input` when a name to redact is none of the model's: a misspelt one must not let values through. */
  constructor(signature: Signature, { inputs = "values", redact = [], largest = defaultLargest }: RecordPolicy) {
    this.#kept = inputs;
    this.#largest = largest;
    this.#redacted = [...redact];
    const places = redact.map((name) => placesOf(signature.inputs, name));
    this.#columns = columnsOf(places.flat());
  }

  /** Whether anything will be needed of the inputs. */
  get keeps(): boolean {
    return this.#kept !== "none";
  }

  /** Whether values may be told at all: also a message may hold some. */
  get tells(): boolean {
    return this.#kept === "values" && this.#redacted.length === 0;
  }

  record(inputs: TensorMap | undefined): Pick<PredictionRecord, "inputs" | "inputsDigest" | "redacted"> {
    if (inputs === undefined || !this.keeps) return {};
    const redacts = this.#redacted.length > 0;
    if (this.#kept === "digest" || bytesOf(inputs) > this.#largest)
      // A digest over values that are few could be guessed from it: with redaction there is none.
      return redacts ? { redacted: this.#redacted } : { inputsDigest: inputsDigest(inputs) };
    return redacts ? { inputs: redact(inputs, this.#columns), redacted: this.#redacted } : { inputs };
  }
}

interface Place {
  readonly input: string;
  /** Of the features; absent for the whole input. */
  readonly column?: number | undefined;
}

function placesOf(inputs: readonly TensorSpec[], name: string): readonly Place[] {
  const places = inputs.flatMap((spec): readonly Place[] => {
    if (spec.name === name) return [{ input: spec.name }];
    const column = columnNamed(spec, name);
    if (column === undefined) return [];
    return spec.shape.length < 2 ? [{ input: spec.name }] : [{ input: spec.name, column }];
  });
  if (places.length > 0) return places;
  const known = inputs.flatMap((spec) => spec.features ?? [spec.name]).join(", ");
  throw new ModelkeepError(
    "invalid_input",
    `${JSON.stringify(name)} is to be redacted, but is no feature of the model: it has ${known}`,
  );
}

/** Features by name; columns without one as errors and tables call them: `x[2]`. */
function columnNamed({ name, features, shape }: TensorSpec, wanted: string): number | undefined {
  if (features !== undefined) return features.includes(wanted) ? features.indexOf(wanted) : undefined;
  const last = shape.length < 2 ? undefined : shape.at(-1);
  const columns = Array.from({ length: typeof last === "number" ? last : 0 }, (_, at) => `${name}[${at}]`);
  return columns.includes(wanted) ? columns.indexOf(wanted) : undefined;
}

function columnsOf(places: readonly Place[]): ReadonlyMap<string, "all" | readonly number[]> {
  const found = new Map<string, "all" | readonly number[]>();
  for (const { input, column } of places) {
    const before = found.get(input);
    if (column === undefined || before === "all") found.set(input, "all");
    else found.set(input, [...(before ?? []), column]);
  }
  return found;
}

/** Values that are left out become NaN, 0, false or the empty text. */
function redact(tensors: TensorMap, columns: ReadonlyMap<string, "all" | readonly number[]>): TensorMap {
  const inputs = copyTensors(tensors);
  for (const [name, which] of columns) {
    const tensor = inputs.get(name);
    if (tensor === undefined) continue;
    const data = tensor.data as unknown[];
    const filler = fillerOf(tensor.dtype);
    const width = tensor.shape.at(-1) ?? 1;
    const whole = which === "all" || dtypeKind(tensor.dtype) === "complex" || dtypeInfo(tensor.dtype).bits % 8 !== 0;
    if (whole) data.fill(filler);
    else for (const column of which) for (let at = column; at < data.length; at += width) data[at] = filler;
  }
  return inputs;
}

function fillerOf(dtype: DType): unknown {
  if (dtype === "float64" || dtype === "float32") return Number.NaN;
  const { bits } = dtypeInfo(dtype);
  if (dtypeKind(dtype) === "string") return "";
  return bits === 64 && dtypeKind(dtype) === "integer" ? 0n : 0;
}

export function copyTensors(tensors: TensorMap): TensorMap {
  const copies = new Map<string, Tensor>();
  for (const [name, { dtype, shape, data }] of tensors) copies.set(name, new Tensor(dtype, shape, data.slice()));
  return copies;
}

/** What tensors take in memory, roughly. */
export function bytesOf(tensors: TensorMap): number {
  let bytes = 0;
  for (const { data } of tensors.values()) {
    if (ArrayBuffer.isView(data)) bytes += data.byteLength;
    else for (const text of data) bytes += 2 * text.length + 16;
  }
  return bytes;
}
