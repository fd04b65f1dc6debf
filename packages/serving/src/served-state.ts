import { hash } from "node:crypto";

import { routeBuckets, type RouteView, type Standing, versionOfBucket } from "@modelkeep/registry";

import type { ServedVersion } from "./served-version.js";

/** What a server answers with at one moment. A request takes the state once, and stays with it. */
export interface ServedState {
  readonly standing: Standing;
  readonly primary: ServedVersion;
  /** By number: those of the route, shadows included. */
  readonly versions: ReadonlyMap<number, ServedVersion>;
  readonly shadows: readonly ServedVersion[];
  /** For the records. */
  readonly route: { readonly alias: string; readonly entry: number } | undefined;
  readonly buckets: KeyBuckets;
}

export interface Choice {
  readonly served: ServedVersion;
  readonly bucket: number | undefined;
}

/** The version that answers: by the key's bucket where there is a route; without a key by chance, or the primary one. */
export function choose(
  { standing, primary, versions, buckets }: ServedState,
  key: string | undefined,
  withoutKey: "random" | "primary",
): Choice {
  const { route } = standing;
  if (route === undefined || (key === undefined && withoutKey === "primary"))
    return { served: primary, bucket: undefined };
  const bucket = key === undefined ? undefined : buckets.of(route.salt, key);
  const version = versionOfBucket(route.parts, bucket ?? Math.floor(Math.random() * routeBuckets));
  return { served: versions.get(version)!, bucket };
}

const mostKeys = 10_000;

/** Buckets of keys that were seen before: hashing would be a good part of a small model's prediction. */
export class KeyBuckets {
  readonly #known = new Map<string, number>();

  of(salt: string, key: string): number {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const bucket = keyBucket(salt, key);
    if (this.#known.size >= mostKeys) this.#known.clear();
    this.#known.set(key, bucket);
    return bucket;
  }
}

/** As `bucketOf` of the registry, by node's fastest way. */
export function keyBucket(salt: string, key: string): number {
  return Number.parseInt(hash("sha256", `${salt}\u0000${key}`, "hex").slice(0, 12), 16) % routeBuckets;
}

/** Whether nothing has changed that a server has to follow. */
export function sameStanding(a: Standing, b: Standing): boolean {
  return (
    a.name === b.name &&
    a.version.digest === b.version.digest &&
    a.version.version === b.version.version &&
    sameRoute(a.route, b.route)
  );
}

function sameRoute(a: RouteView | undefined, b: RouteView | undefined): boolean {
  return a?.entry === b?.entry && a?.name === b?.name;
}
