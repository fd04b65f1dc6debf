import { ModelkeepError } from "@modelkeep/core";

import type { Memory } from "./hdf5/file-bytes.js";

/** Before the path of a file within `assets/`, in the metadata: "keras.asset/layers/string_lookup/vocabulary.txt". */
export const assetPrefix = "keras.asset/";

/** More than vocabularies have. */
const limit = 64 * 2 ** 20;

/** Whether a text of the metadata is such a file, under a path that stays within. */
export function isAsset(name: string): boolean {
  return (
    name.startsWith(assetPrefix) &&
    name
      .slice(assetPrefix.length)
      .split("/")
      .every((part) => /^[^\\\0]+$/u.test(part) && part !== "." && part !== "..")
  );
}

/** Vocabularies are texts; what is none cannot be carried over. */
export function assetText(path: string, { buffer, byteOffset, byteLength }: Memory): string {
  if (byteLength > limit)
    throw new ModelkeepError("limit_exceeded", `The file assets/${path} has ${byteLength} bytes, more than ${limit}`);
  try {
    const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    return decoder.decode(new Uint8Array(buffer, byteOffset, byteLength));
  } catch (cause) {
    throw new ModelkeepError("unsupported", `The file assets/${path} is no text in UTF-8: nothing here reads it`, {
      cause,
    });
  }
}
