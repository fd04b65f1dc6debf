import { collect, isModelkeepError, ModelkeepError, parseJson, type Store } from "@modelkeep/core";

import { isJsonObject } from "./entry.js";
import { readmeKey, rootKey } from "./keys.js";
import { readme } from "./readme.js";

const format = "modelkeep.registry/1";
/** Features that this library has. None is required yet: the list is how a later one keeps older clients from writing. */
const features: ReadonlySet<string> = new Set();

export interface Root {
  /** Unreferenced bytes younger than this are left alone by garbage collection, in seconds. */
  readonly graceSeconds: number;
  /** Why this client may only read. */
  readonly readOnly?: string | undefined;
}

const defaultGrace = 24 * 60 * 60;

/** What `registry.json` says; `undefined` when the store holds no registry. */
export async function readRoot(store: Store): Promise<Root | undefined> {
  const object = await store.get(rootKey);
  if (object === undefined) return undefined;
  if (object.info.size > 65_536) throw new ModelkeepError("malformed", `${rootKey} has more than 64 KiB`);
  const root = parseJson(await collect(object.stream()), { what: rootKey });
  const { format: found, requires = [], graceSeconds } = isJsonObject(root) ? root : {};
  if (typeof found !== "string" || !Array.isArray(requires))
    throw new ModelkeepError("malformed", `[${store.name}] ${rootKey} does not describe a Modelkeep registry`);
  const grace = typeof graceSeconds === "number" && graceSeconds >= 0 ? graceSeconds : defaultGrace;
  const missing = requires.map(String).filter((feature) => !features.has(feature));
  if (found !== format)
    throw new ModelkeepError(
      "unknown_format_version",
      `[${store.name}] The registry is of format ${found}; this library reads ${format}: install a newer one`,
    );
  if (missing.length === 0) return { graceSeconds: grace };
  const readOnly = `The registry requires ${missing.join(", ")}, which this version of Modelkeep does not have: install a newer one`;
  return { graceSeconds: grace, readOnly };
}

/** Makes the store a registry, unless somebody else just has. */
export async function createRoot(store: Store, graceSeconds = defaultGrace): Promise<Root> {
  if (!store.supports.putIfAbsent)
    throw new ModelkeepError(
      "unsupported",
      `[${store.name}] A registry needs a store that can put only if absent, atomically; this one cannot`,
    );
  await putIfAbsent(store, readmeKey, readme);
  await putIfAbsent(
    store,
    rootKey,
    `${JSON.stringify({ format, requires: [...features], graceSeconds }, undefined, 2)}\n`,
  );
  return (await readRoot(store)) ?? { graceSeconds };
}

async function putIfAbsent(store: Store, key: string, text: string): Promise<void> {
  try {
    await store.put(key, new TextEncoder().encode(text), { if: "absent" });
  } catch (error) {
    // With an unknown outcome, reading the root tells whether it is there.
    if (!isModelkeepError(error, "already_exists") && !isModelkeepError(error, "unknown_outcome")) throw error;
  }
}
