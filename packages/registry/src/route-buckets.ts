import { createHasher } from "@modelkeep/core";

import { type RoutePart, routeBuckets } from "./record.js";

/** A version's share of the answers; weights are relative to each other. */
export interface RouteShare {
  readonly version: number;
  readonly weight: number;
}

const encoder = new TextEncoder();

/** The bucket of a caller's key: the same for ever under one salt. `spec/registry-log.md` says how it is computed. */
export function bucketOf(salt: string, key: string): number {
  const hasher = createHasher();
  hasher.update(encoder.encode(`${salt}\u0000${key}`));
  return Number.parseInt(hasher.digest().slice(7, 19), 16) % routeBuckets;
}

/** The version that answers for a bucket. */
export function versionOfBucket(parts: readonly RoutePart[], bucket: number): number {
  return parts.find(({ to }) => bucket < to)!.version;
}

/**
 * Parts in which each version has its share of the buckets. Starts from the parts before, and gives away only what the shares
 * demand: of the keys, as few as possible change their version.
 */
export function divideBuckets(shares: readonly RouteShare[], before: readonly RoutePart[]): readonly RoutePart[] {
  const wanted = bucketCounts(shares);
  const owners: (number | undefined)[] = Array.from({ length: routeBuckets }, () => undefined);
  for (const { version, from, to } of before) owners.fill(version, from, to);
  const held = new Map<number, number>();
  for (const [bucket, owner] of owners.entries()) {
    if (owner === undefined) continue;
    const count = (held.get(owner) ?? 0) + 1;
    if (count > (wanted.get(owner) ?? 0)) owners[bucket] = undefined;
    else held.set(owner, count);
  }
  let bucket = 0;
  for (const [version, count] of wanted)
    for (let missing = count - (held.get(version) ?? 0); missing > 0; bucket++)
      if (owners[bucket] === undefined) {
        owners[bucket] = version;
        missing--;
      }
  return joined(owners as readonly number[]);
}

/** Whole buckets by the largest remainder; whoever has a weight has at least one. */
function bucketCounts(shares: readonly RouteShare[]): ReadonlyMap<number, number> {
  const total = shares.reduce((sum, { weight }) => sum + weight, 0);
  const exact = shares.map(({ version, weight }) => ({ version, exact: (weight / total) * routeBuckets }));
  const counts = new Map(exact.map((each) => [each.version, Math.max(1, Math.floor(each.exact))]));
  let left = routeBuckets - [...counts.values()].reduce((sum, count) => sum + count, 0);
  const byRemainder = exact.toSorted((a, b) => (b.exact % 1) - (a.exact % 1));
  for (let at = 0; left > 0; at++, left--) raise(counts, byRemainder[at % byRemainder.length]!.version, 1);
  for (; left < 0; left++) raise(counts, [...counts].toSorted((a, b) => b[1] - a[1])[0]![0], -1);
  return counts;
}

function raise(counts: Map<number, number>, version: number, by: number): void {
  counts.set(version, counts.get(version)! + by);
}

function joined(owners: readonly number[]): readonly RoutePart[] {
  const parts: { version: number; from: number; to: number }[] = [];
  for (const [bucket, version] of owners.entries()) {
    const last = parts.at(-1);
    if (last?.version === version) last.to = bucket + 1;
    else parts.push({ version, from: bucket, to: bucket + 1 });
  }
  return parts;
}
