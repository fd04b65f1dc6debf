import {
  checkAlias,
  collect,
  isJsonObject,
  isModelkeepError,
  ModelkeepError,
  parseJson,
  type Store,
} from "@modelkeep/core";

import type { Context } from "./context.js";
import { archiveMark, archivesPrefix } from "./keys.js";
import { ulid } from "./ulid.js";

export interface Place {
  readonly store: Store;
  readonly key: string;
  /** The archive that it is in; absent for the registry's own store. */
  readonly archive?: string | undefined;
}

type Stores = Pick<Context, "store" | "archives">;

/** The key under which entries name what lies in an archive. */
export function archivedKey(archive: string, key: string): string {
  return `${archivesPrefix}${archive}/${key}`;
}

/** The archive that a key of an entry leads to, if it leads to one. */
export function archiveOfKey(key: string): string | undefined {
  if (!key.startsWith(archivesPrefix)) return undefined;
  const end = key.indexOf("/", archivesPrefix.length);
  return end < 0 ? undefined : key.slice(archivesPrefix.length, end);
}

/** Where a key of an entry leads; `undefined` for one in an archive that this client has not opened. */
export function placeOf({ store, archives }: Stores, key: string): Place | undefined {
  const archive = archiveOfKey(key);
  if (archive === undefined) return { store, key };
  const found = archives?.get(archive);
  return found && { store: found, key: key.slice(archivesPrefix.length + archive.length + 1), archive };
}

/** What somebody has to do who wants to read what lies in an archive that he has not opened. */
export function archiveMissing(what: string, archive: string): ModelkeepError {
  return new ModelkeepError(
    "archived",
    `${what} lies in the archive "${archive}", which is not open: name its store under \`archives\` (in code, or in modelkeep.json), then read it or bring it back with modelkeep restore-from-archive`,
    { details: { archive } },
  );
}

/** An archive belongs to one registry: what another one keeps there would be garbage here. */
export async function claimArchive(context: Stores & Pick<Context, "clock">, name: string): Promise<Store> {
  const archive = archiveNamed(context, name);
  // The registry's own side first: what an archive says is worth nothing while nobody claims it.
  const own = await ownerOr(context.store, archivesPrefix + name, ulid(context.clock()));
  if ((await ownerOr(archive, archiveMark, own)) !== own)
    throw new ModelkeepError(
      "conflict",
      `[${archive.name}] The store that was given as archive "${name}" belongs to another registry, or to another archive of this one: give each a store or a prefix of its own`,
      { details: { archive: name } },
    );
  return archive;
}

export async function ownsArchive({ store, archives }: Stores, name: string): Promise<boolean> {
  const archive = archives?.get(name);
  const own = await ownerIn(store, archivesPrefix + name);
  return archive !== undefined && own !== undefined && own === (await ownerIn(archive, archiveMark));
}

export function archivesOf(given: Readonly<Record<string, Store>> = {}): ReadonlyMap<string, Store> {
  return new Map(Object.entries(given).map(([name, store]) => [checkAlias(name, "archive"), store]));
}

function archiveNamed({ archives }: Stores, name: string): Store {
  const found = archives?.get(name);
  if (found !== undefined) return found;
  const names = [...(archives?.keys() ?? [])].join(", ");
  throw new ModelkeepError("not_found", `There is no archive ${JSON.stringify(name)}; open are: ${names || "none"}`);
}

async function ownerIn(store: Store, key: string): Promise<string | undefined> {
  const object = await store.get(key);
  if (object === undefined) return undefined;
  const value = object.info.size > 4096 ? undefined : parseJson(await collect(object.stream()), { what: key });
  if (!isJsonObject(value) || typeof value["id"] !== "string")
    throw new ModelkeepError("malformed", `[${store.name}] ${key} does not say to which registry the archive belongs`);
  return value["id"];
}

/** The owner that is there, or after this call the given one. */
async function ownerOr(store: Store, key: string, id: string): Promise<string> {
  const known = await ownerIn(store, key);
  if (known !== undefined) return known;
  const bytes = new TextEncoder().encode(`${JSON.stringify({ format: "modelkeep.archive/1", id })}\n`);
  try {
    await store.put(key, bytes, store.supports.putIfAbsent ? { if: "absent" } : {});
    return id;
  } catch (error) {
    if (!isModelkeepError(error, "already_exists") && !isModelkeepError(error, "unknown_outcome")) throw error;
    const found = await ownerIn(store, key);
    if (found === undefined) throw error;
    return found;
  }
}
