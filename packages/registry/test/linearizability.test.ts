import { isModelkeepError, type Store } from "@modelkeep/core";
import { linearize } from "@modelkeep/testkit";
import { beforeAll, expect, it } from "vitest";

import { aliasObject, type Client, move, recordHistory, threeVersions } from "./support/alias-history.js";
import type { Objects } from "./support/backends.js";
import { count } from "./support/counts.js";

const histories = process.env["MODELKEEP_RELIABILITY"] === "full" ? 10_000 : 150;
/** By how many histories a mistake must have shown. */
const patience = 400;

let objects: Objects;
beforeAll(async () => {
  objects = await threeVersions();
});

it(
  `moves and reads of an alias are linearizable, whatever the store answers: ${histories} histories`,
  { timeout: 3_600_000 },
  async () => {
    let unknown = 0;
    for (let seed = 1; seed <= histories; seed++) {
      const history = await recordHistory(objects, seed);
      unknown += history.filter(({ output }) => output === undefined).length;
      expect(linearize(history, aliasObject), `seed ${seed}: ${JSON.stringify(history)}`).toBeDefined();
    }
    count("histories", histories);
    expect(unknown).toBeGreaterThan(histories / 100);
  },
);

const mistakes: readonly (readonly [string, Client])[] = [
  [
    "a store that overwrites where it should refuse",
    { store: (store) => ({ ...store, put: (key, body) => store.put(key, body) }) },
  ],
  ["a store that takes no answer for success", { store: (store) => ({ ...store, put: acknowledging(store) }) }],
  ["a store that remembers what was not there", { store: forgetful }],
  [
    "a client that moves again when the outcome is not known",
    {
      set: (registry, version, expected) =>
        move(registry, version, expected).catch((error: unknown) => {
          if (isModelkeepError(error, "unknown_outcome")) return move(registry, version, expected);
          throw error;
        }),
    },
  ],
  [
    "a client that looks first and then moves",
    {
      set: async (registry, version, expected) => {
        const now = (await registry.resolve("lines@live")).version;
        if (expected !== undefined && expected !== now) return move(registry, version, expected);
        await move(registry, version, undefined);
        return now;
      },
    },
  ],
];

it.each(mistakes)("finds out %s", { timeout: 120_000 }, async (_, client) => {
  for (let seed = 1; seed <= patience; seed++) if (await isFoundOut(seed, client)) return;
  throw new Error(`It was not found in ${patience} histories`);
});

/** By a history that cannot be; some mistakes end in a damaged log, which tells as well. */
async function isFoundOut(seed: number, client: Client): Promise<boolean> {
  try {
    return linearize(await recordHistory(objects, seed, client), aliasObject) === undefined;
  } catch (error) {
    if (!isModelkeepError(error)) throw error;
    return true;
  }
}

function acknowledging(store: Store): Store["put"] {
  return async (key, body, options) => {
    try {
      return await store.put(key, body, options);
    } catch (error) {
      if (!isModelkeepError(error, "unknown_outcome")) throw error;
      return { key: String(key), size: 0, modified: new Date() };
    }
  };
}

/** Answers for a while that an entry is not there, because it once was not. */
function forgetful(store: Store): Store {
  const absent = new Map<string, number>();
  return {
    ...store,
    async get(key, options) {
      const left = absent.get(key) ?? 0;
      if (left > 0) {
        absent.set(key, left - 1);
        return undefined;
      }
      const object = await store.get(key, options);
      if (object === undefined && key.includes("/log/")) absent.set(key, 2);
      return object;
    },
  };
}
