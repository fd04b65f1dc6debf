import {
  collect,
  isJsonObject,
  isModelkeepError,
  type JsonObject,
  ModelkeepError,
  parseJson,
  type Store,
} from "@modelkeep/core";

import { readmeKey, rootKey } from "./keys.js";
import { backupReadme, readme } from "./readme.js";
import { isUlid, ulid } from "./ulid.js";

const format = "modelkeep.registry/1";
/** Features that this library has. None is required yet: the list is how a later one keeps older clients from writing. */
const features: ReadonlySet<string> = new Set();
/** Required by a backup, so that no client of whatever age writes to it. */
const backupFeature = "backup";

/** How a file of the age format begins. */
const ageStart = "age-encryption.org/";

export interface Root {
  /** Tells this registry from others, its copies and backups excepted. Absent in old ones. */
  readonly id?: string | undefined;
  /** A backup of a registry, which only `backupRegistry` writes to. */
  readonly backup: boolean;
  /** Unreferenced bytes younger than this are left alone by garbage collection, in seconds. */
  readonly graceSeconds: number;
  /** Why this client may only read. */
  readonly readOnly?: string | undefined;
}

const defaultGrace = 24 * 60 * 60;

/** What `registry.json` says; `undefined` when the store holds no registry. */
export async function readRoot(store: Store): Promise<Root | undefined> {
  const root = await rootObject(store);
  if (root === undefined) return undefined;
  const { format: found, requires = [], graceSeconds, id } = root;
  if (typeof found !== "string" || !Array.isArray(requires))
    throw new ModelkeepError("malformed", `[${store.name}] ${rootKey} does not describe a Modelkeep registry`);
  if (found !== format)
    throw new ModelkeepError(
      "unknown_format_version",
      `[${store.name}] The registry is of format ${found}; this library reads ${format}: install a newer one`,
    );
  const grace = typeof graceSeconds === "number" && graceSeconds >= 0 ? graceSeconds : defaultGrace;
  const backup = requires.includes(backupFeature);
  const missing = requires.map(String).filter((feature) => feature !== backupFeature && !features.has(feature));
  const reasons = [
    ...(missing.length === 0
      ? []
      : [
          `The registry requires ${missing.join(", ")}, which this version of Modelkeep does not have: install a newer one`,
        ]),
    ...(backup ? ["It is a backup: restore it to a store of its own, or copy versions out of it"] : []),
  ];
  return {
    ...(isUlid(id) && { id }),
    backup,
    graceSeconds: grace,
    ...(reasons.length > 0 && { readOnly: reasons.join(". ") }),
  };
}

/** Makes the store a registry, unless somebody else just has. */
export async function createRoot(store: Store, graceSeconds = defaultGrace): Promise<Root> {
  if (!store.supports.putIfAbsent)
    throw new ModelkeepError(
      "unsupported",
      `[${store.name}] A registry needs a store that can put only if absent, atomically; this one cannot`,
    );
  await putIfAbsent(store, readmeKey, readme);
  await putRoot(store, { format, id: ulid(), requires: [...features], graceSeconds });
  return (await readRoot(store)) ?? { backup: false, graceSeconds };
}

/** Makes the store the place for a backup of a registry. */
export async function createBackupRoot(from: Store, to: Store): Promise<Root> {
  const root = (await rootObject(from))!;
  const requires = Array.isArray(root["requires"]) ? root["requires"] : [];
  await putIfAbsent(to, readmeKey, backupReadme);
  await putRoot(to, { ...root, requires: requires.includes(backupFeature) ? requires : [...requires, backupFeature] });
  return (await readRoot(to))!;
}

/** Makes the store what the backup was taken from. */
export async function createRestoredRoot(backup: Store, to: Store): Promise<void> {
  const { requires, ...root } = (await rootObject(backup))!;
  await putIfAbsent(to, readmeKey, readme);
  await putRoot(to, {
    ...root,
    requires: Array.isArray(requires) ? requires.filter((feature) => feature !== backupFeature) : [],
  });
}

async function rootObject(store: Store): Promise<JsonObject | undefined> {
  const object = await store.get(rootKey);
  if (object === undefined) return undefined;
  if (object.info.size > 65_536) throw new ModelkeepError("malformed", `${rootKey} has more than 64 KiB`);
  const bytes = await collect(object.stream());
  if (new TextDecoder().decode(bytes.subarray(0, ageStart.length)) === ageStart)
    throw new ModelkeepError(
      "refused",
      `[${store.name}] The registry is encrypted: open it through encrypted(store), on the command line with "age+" before the store`,
    );
  const root = parseJson(bytes, { what: rootKey });
  return isJsonObject(root) ? root : {};
}

function putRoot(store: Store, root: JsonObject): Promise<void> {
  return putIfAbsent(store, rootKey, `${JSON.stringify(root, undefined, 2)}\n`);
}

async function putIfAbsent(store: Store, key: string, text: string): Promise<void> {
  try {
    await store.put(key, new TextEncoder().encode(text), { if: "absent" });
  } catch (error) {
    // With an unknown outcome, reading the root tells whether it is there.
    if (!isModelkeepError(error, "already_exists") && !isModelkeepError(error, "unknown_outcome")) throw error;
  }
}
