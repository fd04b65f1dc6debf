import { isModelkeepError, type Store } from "@modelkeep/core";

import { expectBytes, expectEqual, expectTrue } from "../expect.js";
import { noise, readStream, text } from "../store-case.js";
import type { Case } from "../suite.js";
import { type FaultProxy, faultProxy, type RequestTrouble, requestTroubles } from "./fault-proxy.js";

/** The server that gets in trouble, and how a store on it is opened. */
export interface FaultSuiteOptions {
  /** The server itself, `http://HOST:PORT`. */
  readonly target: string;
  /** A store on what this URL stands for; each is disposed of. */
  readonly open: (url: string, prefix: string) => Store | Promise<Store>;
  /** A body of this size takes several requests to write. */
  readonly large: number;
  /** Default: all. */
  readonly troubles?: readonly RequestTrouble[];
}

interface Operation {
  readonly name: string;
  /** Through the server itself, before each run. */
  readonly before?: (store: Store, large: Uint8Array) => Promise<unknown>;
  /** Through the proxy; resolves to what it found. */
  readonly run: (store: Store, large: Uint8Array) => Promise<unknown>;
  /** What it may leave under "key": bodies, or nothing. With `done` it has reported success. */
  readonly leaves: (large: Uint8Array, done: boolean) => readonly (Uint8Array | undefined)[];
  readonly gives?: (large: Uint8Array) => unknown;
}

const [old, small] = [text("what was there"), noise(1000)];
const whole = async (store: Store) => {
  const object = await store.get("key");
  return object === undefined ? undefined : readStream(object);
};

const operations: readonly Operation[] = [
  {
    name: "put if absent of a small body",
    run: (store) => store.put("key", small, { if: "absent" }),
    leaves: (_, done) => (done ? [small] : [undefined, small]),
  },
  {
    name: "put if absent of a large body",
    run: (store, large) => store.put("key", large, { if: "absent" }),
    leaves: (large, done) => (done ? [large] : [undefined, large]),
  },
  {
    name: "put if absent where something is",
    before: (store) => store.put("key", old),
    run: async (store, large) => {
      for (const body of [small, large])
        await store.put("key", body, { if: "absent" }).then(
          () => expectTrue(false, "a put if absent was done over what was there"),
          (error: unknown) => {
            if (!isModelkeepError(error, "already_exists")) throw error;
          },
        );
    },
    leaves: () => [old],
  },
  {
    name: "put of a small body over another",
    before: (store) => store.put("key", old),
    run: (store) => store.put("key", small),
    leaves: (_, done) => (done ? [small] : [old, small]),
  },
  {
    name: "put of a large body over another",
    before: (store) => store.put("key", old),
    run: (store, large) => store.put("key", large),
    leaves: (large, done) => (done ? [large] : [old, large]),
  },
  {
    name: "get, stream",
    before: (store, large) => store.put("key", large),
    run: whole,
    leaves: (large) => [large],
    gives: (large) => large,
  },
  {
    name: "head and list",
    before: (store) => store.put("key", old),
    run: async (store) => {
      const sizes = [(await store.head("key"))?.size];
      for await (const { size } of store.list("")) sizes.push(size);
      return sizes.join();
    },
    leaves: () => [old],
    gives: () => `${old.length},${old.length}`,
  },
  {
    name: "delete",
    before: (store) => store.put("key", old),
    run: (store) => store.delete("key"),
    leaves: (_, done) => (done ? [undefined] : [old, undefined]),
  },
];

/** What an operation that met with trouble may say; anything else is a wrong answer or an error that tells nothing. */
const honest: ReadonlySet<string> = new Set(["io_error", "unknown_outcome"]);

/**
 * Each operation of a store on a server by HTTP, with each trouble at each of its requests: it does what it was asked, or says that it
 * could not or does not know, and never leaves half of anything.
 */
export function storeFaultSuite({
  target,
  open,
  large: size,
  troubles = requestTroubles,
}: FaultSuiteOptions): readonly Case[] {
  const large = noise(size, 7);
  return operations.map((operation) => ({
    name: `${operation.name}, with trouble at each request`,
    async run() {
      const proxy = await faultProxy(target);
      try {
        await attempt(operation, { proxy, open, target, large });
        const requests = proxy.requests;
        expectTrue(requests > 0, "the store did not go through the proxy");
        for (let at = 1; at <= requests; at++)
          for (const trouble of troubles) await attempt(operation, { proxy, open, target, large }, { at, trouble });
      } finally {
        await proxy[Symbol.asyncDispose]();
      }
    },
  }));
}

async function attempt(
  { name, before, run, leaves, gives }: Operation,
  { proxy, open, target, large }: Omit<FaultSuiteOptions, "large"> & { proxy: FaultProxy; large: Uint8Array },
  fault?: { readonly at: number; readonly trouble: RequestTrouble },
): Promise<void> {
  const prefix = `fault-${Math.random().toString(36).slice(2)}`;
  const what = fault === undefined ? name : `${name}, request ${fault.at} ${fault.trouble}`;
  const straight = await open(target, prefix);
  const store = await open(proxy.url, prefix);
  try {
    await before?.(straight, large);
    proxy.arm(fault?.at, fault?.trouble);
    const outcome = await run(store, large).then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    );
    if ("error" in outcome) {
      const { error } = outcome;
      if (fault === undefined || !isModelkeepError(error) || !honest.has(error.code))
        throw new Error(`${what}: ${String(error)}`, { cause: error });
    } else if (gives !== undefined) {
      const expected = gives(large);
      if (expected instanceof Uint8Array) expectBytes(outcome.value as Uint8Array, expected, what);
      else expectEqual(outcome.value, expected, what);
    }
    const left = await whole(straight);
    const allowed = leaves(large, !("error" in outcome));
    expectTrue(
      allowed.some((each) => sameBytes(left, each)),
      `${what}: left ${left === undefined ? "nothing" : `${left.length} bytes`}`,
    );
    await straight.delete("key");
  } finally {
    await store[Symbol.asyncDispose]?.();
    await straight[Symbol.asyncDispose]?.();
  }
}

function sameBytes(left: Uint8Array | undefined, right: Uint8Array | undefined): boolean {
  if (left === undefined || right === undefined) return left === right;
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}
