import { type Digest, digestHex, nameToSegment } from "@modelkeep/core";
import { isUlid } from "@modelkeep/registry";

import { ulidTime } from "./monotonic-ulid.js";

export const predictionsPrefix = "predictions/";

/** What the key of a batch tells without reading it. */
export interface BatchKey {
  readonly key: string;
  /** Ids of its first and last record. */
  readonly first: string;
  readonly last: string;
  /** The versions in it; `undefined` where they are too many to name. */
  readonly versions: ReadonlySet<number> | undefined;
  /** Of the plain bytes. */
  readonly digest: Digest;
}

export function modelPrefix(model: string): string {
  return `${predictionsPrefix}${nameToSegment(model)}/`;
}

/** `2026-03-01T14`: the hour in UTC. All records of a batch are of one. */
export function hourOf(time: number): string {
  return new Date(time).toISOString().slice(0, 13);
}

export function batchKey(
  model: string,
  { first, last, versions, digest }: Omit<BatchKey, "key" | "versions"> & { readonly versions: Iterable<number> },
): string {
  const numbers = [...new Set(versions)].toSorted((a, b) => a - b).join("-");
  const named = numbers.length <= 40 ? `v${numbers}` : "many";
  return `${modelPrefix(model)}${hourOf(ulidTime(first))}/${first}.${last}.${named}.${digestHex(digest)}.jsonl.gz`;
}

const pattern = /\/([0-9A-Z]{26})\.([0-9A-Z]{26})\.(?:v(\d+(?:-\d+)*)|many)\.([0-9a-f]{64})\.jsonl\.gz$/u;

/** `undefined` for what is no key of a batch. */
export function parseBatchKey(key: string): BatchKey | undefined {
  const [, first, last, versions, hex] = pattern.exec(key) ?? [];
  if (!isUlid(first) || !isUlid(last) || hex === undefined) return undefined;
  return {
    key,
    first,
    last,
    versions: versions === undefined ? undefined : new Set(versions.split("-").map(Number)),
    digest: `sha256:${hex}`,
  };
}
