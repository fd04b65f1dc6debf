import {
  createHasher,
  type Digest,
  isDigest,
  type Json,
  ModelkeepError,
  type TensorMap,
  tensorsFromList,
  tensorsToJson,
  tensorsToLine,
} from "@modelkeep/core";
import { isUlid } from "@modelkeep/registry";

import { ulidTime } from "./monotonic-ulid.js";
import type { PredictionRecord, ShadowOutcome } from "./record.js";

/** A record as one line of JSON. Tensors are exact: see `spec/prediction-records.md`. */
export function writeRecord(record: Omit<PredictionRecord, "time">): string {
  const { inputs, outputs, latency, ...rest } = record;
  const head = JSON.stringify({ ...rest, latency: Math.round(latency * 1000) / 1000 }, infinite);
  const tensors = [
    ...(inputs === undefined ? [] : [`"inputs":${tensorsToLine(inputs)}`]),
    ...(outputs === undefined ? [] : [`"outputs":${tensorsToLine(outputs)}`]),
  ];
  return tensors.length === 0 ? head : `${head.slice(0, -1)},${tensors.join(",")}}`;
}

/** A record as plain JSON, for programs: what its line holds. */
export function recordToJson(record: PredictionRecord): Json {
  const { id, time, ...rest } = record;
  return { id, time, ...(JSON.parse(writeRecord({ id, ...rest })) as { [key: string]: Json }) };
}

/** The difference from a NaN has no number in JSON. */
function infinite(_key: string, value: unknown): unknown {
  return value === Infinity ? "Infinity" : value;
}

/** The reverse; `malformed` for anything else. Fields that are not known are kept. */
export function readRecord(line: string, where: string): PredictionRecord {
  const fault = (message: string, cause?: unknown) => new ModelkeepError("malformed", `${where} ${message}`, { cause });
  let value: Json;
  try {
    value = JSON.parse(line) as Json;
  } catch (cause) {
    throw fault("is not JSON", cause);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw fault("is no record");
  const { id, version, digest, inputs, outputs, ...rest } = value;
  if (!isUlid(id)) throw fault("has no ULID as id");
  if (typeof version !== "number" || !isDigest(digest)) throw fault(`(${id}) names no version and its digest`);
  for (const field of ["model", "reference", "representation"])
    if (typeof rest[field] !== "string") throw fault(`(${id}) has no ${field}`);
  const tensors = (list: Json | undefined) => {
    if (list === undefined) return undefined;
    if (!Array.isArray(list)) throw fault(`(${id}) has no list of tensors`);
    return tensorsFromList(list);
  };
  const found = { inputs: tensors(inputs), outputs: tensors(outputs) };
  const { shadow } = rest as { shadow?: Omit<ShadowOutcome, "difference"> & { difference: number | string } };
  return {
    id,
    time: new Date(ulidTime(id)).toISOString(),
    version,
    digest,
    ...(rest as Pick<PredictionRecord, "model" | "reference" | "representation" | "runtime" | "latency">),
    ...(shadow && { shadow: { ...shadow, difference: Number(shadow.difference) } }),
    ...(found.inputs && { inputs: found.inputs }),
    ...(found.outputs && { outputs: found.outputs }),
  };
}

/** What stands for inputs that are not kept: the digest of their exact form as JSON. */
export function inputsDigest(inputs: TensorMap): Digest {
  const hasher = createHasher();
  hasher.update(tensorsToJson(inputs));
  return hasher.digest();
}
