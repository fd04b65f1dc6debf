import { type Json, ModelkeepError, type Tensor } from "@modelkeep/core";

import { checkDepth } from "../depth.js";
import { PickleDict } from "../dict.js";
import { beyondLimit, malformed } from "../errors.js";
import type { Memory } from "../input.js";
import { resolveLimits } from "../limits.js";
import { asMemory, headOf, isZip, type ReadPickleOptions, runStream } from "../read.js";
import { PickleGlobal, PickleObject, PickleTuple, type PickleValue } from "../value.js";
import { isLegacyTorch, readLegacyFile } from "./legacy-file.js";
import type { StorageReference } from "./storage.js";
import { readTensor, tensorReference } from "./tensor.js";
import { openArchive } from "./torch-archive.js";
import { TorchPolicy } from "./torch-policy.js";

/** A file that `torch.save` wrote: its tensors by name, and what else is in it. */
export interface TorchFile {
  /** "encoder.0.weight"; names of nested dicts and lists are joined by dots. Views on the file where they can be. */
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** Numbers, texts and the like beside the tensors, by name. */
  readonly values: ReadonlyMap<string, Json>;
  /** Names of tensors that share a storage with an earlier one: tied weights, windows. */
  readonly shared: ReadonlyMap<string, string>;
  readonly form: "zip" | "legacy";
}

/** The ZIP archives of PyTorch since 1.6, and the files before. What is neither is "no". */
export function looksTorch(head: Uint8Array): "maybe" | "yes" | "no" {
  if (isLegacyTorch(head)) return "yes";
  // The first file of the archive is "<stem>/data.pkl", stored.
  if (!isZip(head)) return "no";
  const name = String.fromCharCode(...head.subarray(30, 30 + Math.min(200, (head[26] ?? 0) | ((head[27] ?? 0) << 8))));
  return /^[^/]+\/(data\.pkl|\.format_version|byteorder|version)$/.test(name) ? "yes" : "no";
}

/**
 * Reads a file of tensors (a `state_dict`, a checkpoint) as inert data. Arrays are views on `source`, which is not to be
 * changed afterwards. Throws `pickle_global` for whole modules and anything else that is not known to be data,
 * `unsupported` for TorchScript and for quantised or sparse tensors, `malformed`, `truncated`, `limit_exceeded`.
 */
export function readTorch(source: Memory | ArrayBuffer, options: ReadPickleOptions = {}): TorchFile {
  const memory = asMemory(source);
  const limits = resolveLimits(options.limits);
  if (memory.byteLength > limits.bytes)
    throw beyondLimit(`The file has ${memory.byteLength} bytes, more than the ${limits.bytes} that are allowed`);
  const policy = new TorchPolicy(false);
  const opened = open(memory, policy, options);
  checkDepth(opened.value, limits.depth);
  return { ...collected(opened), form: opened.form };
}

interface Opened {
  readonly value: PickleValue;
  readonly form: "zip" | "legacy";
  storage(reference: StorageReference): Memory;
}

function open(memory: Memory, policy: TorchPolicy, options: ReadPickleOptions): Opened {
  const head = headOf(memory);
  if (isLegacyTorch(head)) return { ...readLegacyFile(memory, policy, options), form: "legacy" };
  if (!isZip(head)) throw malformed("The file is none that torch.save wrote");
  const archive = openArchive(memory, resolveLimits(options.limits));
  const stream = { memory: archive.pickle, compression: undefined, trailing: 0 };
  const { value, trailing } = runStream(stream, policy, options);
  if (trailing > 0) throw malformed(`${trailing} bytes follow the pickle in the archive`);
  return { value, form: "zip", storage: ({ key }) => archive.storage(key) };
}

function collected(opened: Opened): Omit<TorchFile, "form"> {
  const tensors = new Map<string, Tensor>();
  const values = new Map<string, Json>();
  const shared = new Map<string, string>();
  const owners = new Map<string, string>();
  const within = new Set<PickleValue>();
  const visit = (value: PickleValue, name: string): void => {
    const reference = tensorReference(value);
    if (reference !== undefined) {
      const place = name === "" ? "tensor" : name;
      if (tensors.has(place)) throw malformed(`Two tensors are named ${JSON.stringify(place)}`);
      tensors.set(place, readTensor(reference, opened.storage(reference.storage)));
      const owner = owners.get(reference.storage.key);
      if (owner === undefined) owners.set(reference.storage.key, place);
      else shared.set(place, owner);
      return;
    }
    const parts = partsOf(value, name);
    if (parts === undefined) {
      values.set(name === "" ? "value" : name, plain(value, name));
      return;
    }
    if (within.has(value)) throw malformed(`${JSON.stringify(name)} contains itself`);
    within.add(value);
    for (const [key, part] of parts) visit(part, name === "" ? key : `${name}.${key}`);
    within.delete(value);
  };
  visit(opened.value, "");
  return { tensors, values, shared };
}

/** What a container holds, by name; undefined for everything else. */
function partsOf(value: PickleValue, name: string): (readonly [string, PickleValue])[] | undefined {
  if (value instanceof PickleObject && value.module === "collections" && value.entries !== undefined)
    return partsOf(value.entries, name);
  if (value instanceof PickleDict)
    return Array.from(value, ([key, part]) => {
      if (typeof key !== "string" && typeof key !== "number")
        throw new ModelkeepError("unsupported", `A dict at ${JSON.stringify(name)} has keys that are no names`);
      return [String(key), part] as const;
    });
  const items = Array.isArray(value) ? value : value instanceof PickleTuple ? value.items : undefined;
  return items?.map((part, index) => [String(index), part] as const);
}

function plain(value: PickleValue, name: string): Json {
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (typeof value === "bigint") return String(value);
  if (value instanceof PickleGlobal && value.module === "torch") return value.path;
  const what = value instanceof PickleObject ? value.type.path : "a value";
  throw new ModelkeepError(
    "unsupported",
    `The file holds ${what} at ${JSON.stringify(name)}, which is neither a tensor nor plain data: keep the tensors alone (torch.save(model.state_dict(), path))`,
  );
}
