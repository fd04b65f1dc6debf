import { collect, type Digest, isDigest, isJsonObject, isModelkeepError, parseJson, type Store } from "@modelkeep/core";

import { leaseKey, leasesPrefix } from "./keys.js";
import type { LogContext } from "./log.js";
import { ulid } from "./ulid.js";

/** How long a lease lasts by the store's clock. A save that needs longer takes another one. */
const leaseSeconds = 15 * 60;

/** What a running save holds on to. */
export interface Lease {
  /** Milliseconds that it surely still lasts. */
  remaining(): number;
  /** One that cannot be released ends by itself. */
  release(): Promise<void>;
}

export interface LeaseRecord {
  readonly key: string;
  /** When it was taken, by the store's clock. */
  readonly taken: Date;
  readonly expires: Date;
  readonly digests: ReadonlySet<Digest>;
  /** Sizes of uploads whose digests are known only once they end. */
  readonly sizes: readonly number[];
}

/** Spares every key of these digests, and every key that is younger than the lease. */
export async function takeLease(
  { store, clock }: Pick<LogContext, "store" | "clock">,
  digests: readonly Digest[],
  sizes: readonly number[] = [],
): Promise<Lease> {
  const key = leaseKey(ulid(clock()));
  // Measured from before the request, by a clock that never jumps: shorter than what the store sees, never longer.
  const start = performance.now();
  await store.put(key, new TextEncoder().encode(`${JSON.stringify({ seconds: leaseSeconds, digests, sizes })}\n`));
  return {
    remaining: () => leaseSeconds * 1000 - (performance.now() - start),
    async release() {
      try {
        await store.delete(key);
      } catch (error) {
        if (!isModelkeepError(error)) throw error;
      }
    },
  };
}

/** Leases that are there, expired ones too. One that can't be read counts as sparing nothing but what is younger. */
export async function readLeases(store: Store): Promise<LeaseRecord[]> {
  const leases: LeaseRecord[] = [];
  for await (const { key } of store.list(leasesPrefix)) {
    const object = await store.get(key);
    if (object === undefined) continue;
    const { seconds, digests, sizes } = await contentOf(
      object.info.size > 16 << 20 ? new Uint8Array() : await collect(object.stream()),
    );
    const taken = object.info.modified;
    leases.push({ key, taken, expires: new Date(taken.getTime() + seconds * 1000), digests, sizes });
  }
  return leases;
}

async function contentOf(bytes: Uint8Array): Promise<{ seconds: number; digests: Set<Digest>; sizes: number[] }> {
  let value: unknown;
  try {
    value = parseJson(bytes, { what: "lease" });
  } catch (error) {
    if (!isModelkeepError(error)) throw error;
  }
  const { seconds, digests, sizes } = isJsonObject(value) ? value : {};
  return {
    seconds: typeof seconds === "number" && seconds > 0 && seconds <= 86_400 ? seconds : leaseSeconds,
    digests: new Set(Array.isArray(digests) ? digests.filter(isDigest) : []),
    sizes: Array.isArray(sizes) ? sizes.filter((size) => typeof size === "number") : [],
  };
}
