import { isDeepStrictEqual } from "node:util";

import { tensorBytes } from "@modelkeep/core";
import { NumpyArray, PickleDict, type PickleFile, PickleSet, PickleTuple, type PickleValue } from "@modelkeep/pickle";

/** Where the values of two files differ. */
export function differenceOfFiles(actual: PickleFile, expected: PickleFile): string | undefined {
  const [found, wanted] = [plain(actual.value), plain(expected.value)];
  return isDeepStrictEqual(found, wanted) ? undefined : `${show(found)} is not ${show(wanted)}`;
}

function show(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) => (typeof item === "bigint" ? `${item}n` : item)).slice(0, 200);
}

function plain(value: PickleValue): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Uint8Array) return { bytes: Array.from(value) };
  if (value instanceof PickleTuple) return { tuple: value.items.map(plain) };
  if (value instanceof PickleSet) return { set: value.items.map(plain), frozen: value.frozen };
  if (value instanceof PickleDict) return { dict: Array.from(value, ([key, item]) => [plain(key), plain(item)]) };
  if (value instanceof NumpyArray)
    return value.values === undefined
      ? { array: value.dtype.code, shape: value.shape, bytes: Array.from(tensorBytes(value.tensor())) }
      : { array: value.dtype.code, shape: value.shape, values: value.values.map(plain) };
  return value;
}
