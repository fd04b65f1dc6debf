import { byteLength } from "@modelkeep/core";

import { malformed } from "../errors.js";
import { Input, type Memory } from "../input.js";
import { type ReadPickleOptions, runStream } from "../read.js";
import type { PickleValue } from "../value.js";
import type { StorageReference } from "./storage.js";
import type { TorchPolicy } from "./torch-policy.js";

const magicNumber = 0x1950a86a20f9469cfc6cn;
const version = 1001;

export function isLegacyTorch(head: Uint8Array): boolean {
  const magic = [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];
  return (
    head[0] === 0x80 && head[2] === 0x8a && head[3] === 10 && magic.every((byte, index) => head[4 + index] === byte)
  );
}

export interface LegacyFile {
  readonly value: PickleValue;
  /** The bytes of a storage. Throws `malformed` where there are none. */
  storage(reference: StorageReference): Memory;
}

/**
 * Files that `torch.save` wrote before PyTorch 1.6: the magic number, a version, facts of the machine, the pickle, a list
 * of the storages' keys, each its own pickle; then each storage's count of elements in eight bytes, and its elements.
 */
export function readLegacyFile(memory: Memory, policy: TorchPolicy, options: ReadPickleOptions): LegacyFile {
  let at = 0;
  const next = (): PickleValue => {
    const result = runStream({ memory, compression: undefined, trailing: 0 }, policy, options, at);
    at += result.size;
    return result.value;
  };
  if (next() !== magicNumber || next() !== version) throw malformed("The file is none that PyTorch wrote");
  next();
  const value = next();
  const keys = next();
  if (!Array.isArray(keys) || !keys.every((key) => typeof key === "string"))
    throw malformed("The list of storages is none");
  const storages = new Map<string, Memory>();
  const input = new Input(memory, at);
  for (const key of keys) {
    const reference = policy.storages.get(key);
    if (reference === undefined || storages.has(key))
      throw malformed(`The storage ${JSON.stringify(key)} is not referred to, or there twice`);
    input.need(8);
    const count = Number(input.view.getBigUint64(input.at, true));
    input.at += 8;
    if (count !== reference.count)
      throw malformed(`The storage ${JSON.stringify(key)} has another size than the pickle says`);
    storages.set(key, input.takeMemory(byteLength(reference.dtype, count)));
  }
  if (input.remaining > 0) throw malformed(`${input.remaining} bytes follow the last storage`);
  return {
    value,
    storage({ key }) {
      const found = storages.get(key);
      if (found === undefined) throw malformed(`The storage ${JSON.stringify(key)} is not in the file`);
      return found;
    },
  };
}
