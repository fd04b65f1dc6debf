import { ModelkeepError, type Payload, payloadBeside, type PayloadSet, type Tensor } from "@modelkeep/core";

import { type Bundle, type BundleEntry, readBundleBytes, readBundleIndex, readBundleTensor } from "./tensor-bundle.js";
import { Budget, fieldsOf, textOf } from "./wire.js";

/** A variable of a SavedModel. */
export interface Variable extends BundleEntry {
  /** "dense/kernel": its full name, or its place among the objects where names are not unique. */
  readonly name: string;
}

/** The variables of a SavedModel; their bytes are read, and checked, on demand. */
export interface Variables {
  readonly list: readonly Variable[];
  /** `malformed` where a shard is longer or shorter than what the index says of it. */
  checkShards(): void;
  read(variable: Variable, options?: { readonly signal?: AbortSignal | undefined }): Promise<Tensor>;
  /** By its place in the bundle: the graph itself names variables so. */
  readKey(key: string): Promise<Tensor>;
}

const objectGraphKey = "_CHECKPOINTABLE_OBJECT_GRAPH";
const valueSuffix = "/.ATTRIBUTES/VARIABLE_VALUE";

/** The variables in the files of a SavedModel; undefined where it has none. Only the index is read. */
export async function readVariables(
  files: PayloadSet,
  options: { readonly items?: number | undefined } = {},
): Promise<Variables | undefined> {
  const index = payloadBeside(files, "variables/variables.index");
  if (index === undefined) return undefined;
  const bundle = readBundleIndex(await index.bytes(), options);
  const shard = (number: number): Payload => {
    const path = `variables/variables.data-${digits(number)}-of-${digits(bundle.shards)}`;
    const found = payloadBeside(files, path);
    if (found === undefined) throw new ModelkeepError("not_found", `The SavedModel lacks the file ${path}`);
    return found;
  };
  const names = await namesOf(bundle, shard, options.items);
  const entries = [...bundle.entries.values()].filter(({ key }) => key !== objectGraphKey);
  const list = named(entries, names);
  const checkShards = (): void => {
    const ends = new Map<number, number>();
    for (const each of bundle.entries.values())
      ends.set(each.shard, Math.max(ends.get(each.shard) ?? 0, each.offset + each.size));
    for (const [number, end] of ends) {
      const { path, size } = shard(number);
      if (size !== end) throw new ModelkeepError("malformed", `${path} has ${size} bytes, not ${end}`);
    }
  };
  const readKey = async (key: string): Promise<Tensor> => {
    const entry = bundle.entries.get(key);
    if (entry === undefined) throw new ModelkeepError("not_found", `The variables lack ${JSON.stringify(key)}`);
    return readBundleTensor(entry, shard(entry.shard));
  };
  const read: Variables["read"] = (variable, reading) => readBundleTensor(variable, shard(variable.shard), reading);
  return { list, checkShards, read, readKey };
}

/** Keys to full names: `TrackableObjectGraph` of trackable_object_graph.proto. */
async function namesOf(
  bundle: Bundle,
  shard: (number: number) => Payload,
  items: number | undefined,
): Promise<ReadonlyMap<string, string>> {
  const entry = bundle.entries.get(objectGraphKey);
  if (entry === undefined) return new Map();
  const budget = new Budget(items);
  const names = new Map<string, string>();
  for (const node of fieldsOf(await readBundleBytes(entry, shard(entry.shard)), budget)) {
    if (node.number !== 1) continue;
    for (const field of fieldsOf(node.bytes, budget, 1)) {
      if (field.number !== 2) continue;
      let [full, key] = ["", ""];
      for (const each of fieldsOf(field.bytes, budget, 2)) {
        if (each.number === 2) full = textOf(each.bytes);
        if (each.number === 3) key = textOf(each.bytes);
      }
      if (full !== "" && key !== "") names.set(key, full);
    }
  }
  return names;
}

/** By their full names. Keras keeps a variable under several keys: the same bytes under one name are one variable. */
function named(entries: readonly BundleEntry[], names: ReadonlyMap<string, string>): Variable[] {
  const groups = new Map<string, BundleEntry[]>();
  for (const entry of entries) {
    const name = names.get(entry.key) ?? entry.key.replace(valueSuffix, "");
    groups.set(name, [...(groups.get(name) ?? []), entry]);
  }
  const facts = ({ type, shape, size, checksum }: BundleEntry) => JSON.stringify([type, shape, size, checksum]);
  return [...groups].flatMap(([name, group]): Variable[] =>
    group.every((entry) => facts(entry) === facts(group[0]!))
      ? [{ ...group[0]!, name }]
      : group.map((entry) => ({ ...entry, name: entry.key.replace(valueSuffix, "") })),
  );
}

function digits(number: number): string {
  return String(number).padStart(5, "0");
}
