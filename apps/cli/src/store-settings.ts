import { relative, resolve, sep } from "node:path";

import { isJsonObject, ModelkeepError } from "@modelkeep/core";

import type { FoundConfiguration } from "./configuration.js";

/** Where a registry lies, and how its store is used: what modelkeep.json says, as a whole or for an environment. */
export interface StoreSettings {
  readonly store?: string;
  /** Another store for the bytes of models; everything else lies in `store`. */
  readonly payloads?: string;
  /** What never changes is kept in a folder of this machine. */
  readonly cache?: CacheSettings;
  /** What failed and may be done twice is tried again. */
  readonly retry?: { readonly attempts?: number };
  /** Of a store whose URL begins with "age+". */
  readonly encryption?: EncryptionSettings;
}

export interface EncryptionSettings {
  /** Who can read, when the store is new: public keys of age. */
  readonly recipients?: readonly string[];
  /** A public key of the store: then no other key ring is taken for its own. */
  readonly storeKey?: string;
}

export interface CacheSettings {
  /** "10 GB", "500 MiB": how large the copies may be together. */
  readonly size: string;
  /** Where they lie. Default: `modelkeep` in the user's cache folder. */
  readonly folder?: string;
}

/** What is wrong with settings, as the end of a sentence. */
export function settingsFault(value: unknown): string | undefined {
  if (!isJsonObject(value)) return "is not an object";
  const { store, payloads, cache, retry, encryption } = value;
  if (store !== undefined && typeof store !== "string") return "has a store that is not a string";
  if (payloads !== undefined && typeof payloads !== "string") return "has payloads that are not a string: name a store";
  return (
    (cache === undefined ? undefined : cacheFault(cache)) ??
    (retry === undefined ? undefined : retryFault(retry)) ??
    (encryption === undefined ? undefined : encryptionFault(encryption))
  );
}

function cacheFault(value: unknown): string | undefined {
  const { size, folder } = isJsonObject(value) ? value : {};
  if (typeof size !== "string" || bytesOf(size) === undefined) return 'has a cache without a size, such as "10 GB"';
  return folder === undefined || typeof folder === "string" ? undefined : "has a cache.folder that is not a string";
}

function retryFault(value: unknown): string | undefined {
  const { attempts = 1 } = isJsonObject(value) ? value : {};
  const right = isJsonObject(value) && Number.isInteger(attempts) && (attempts as number) >= 1;
  return right ? undefined : "has a retry that is not { attempts } with a whole number from 1";
}

/** "10 GB" in bytes; `undefined` when it is no size. */
export function bytesOf(size: string): number | undefined {
  const [, number, prefix = "", binary] = /^(\d+(?:\.\d+)?)\s*([kmgt]?)(i?)b?$/iu.exec(size.trim()) ?? [];
  const bytes = Math.floor(Number(number) * (binary ? 1024 : 1000) ** " kmgt".indexOf(prefix.toLowerCase() || " "));
  return bytes > 0 ? bytes : undefined;
}

function encryptionFault(value: unknown): string | undefined {
  if (!isJsonObject(value)) return "has an encryption that is not an object";
  const { recipients, storeKey, ...others } = value;
  const [other] = Object.keys(others);
  if (other !== undefined)
    return `has the encryption field ${JSON.stringify(other)}, which is none: identities and passphrases are never written there`;
  if (storeKey !== undefined && typeof storeKey !== "string") return "has an encryption.storeKey that is not a string";
  const isList = Array.isArray(recipients) && recipients.every((each) => typeof each === "string");
  return recipients === undefined || isList ? undefined : "has encryption.recipients that are not a list of strings";
}

/** The settings of an environment, or of the configuration itself; Paths are absolute. */
export function settingsOf(found: FoundConfiguration, environment?: string): StoreSettings {
  const { values } = found;
  const name = environment ?? values.environment;
  if (name === undefined) return checkedSettings(found, values, "");
  const environments = values.environments ?? {};
  if (!Object.hasOwn(environments, name)) {
    const known = Object.keys(environments).join(", ");
    throw new ModelkeepError(
      "not_found",
      `${found.path} has no environment ${JSON.stringify(name)}${known === "" ? "" : `; it has ${known}`}`,
    );
  }
  return checkedSettings(found, environments[name]!, `for the environment ${name} `);
}

/**
 * What nobody has trusted yet may only name a folder or file below its own: a stranger's file must not send requests with this
 * user's credentials anywhere, write elsewhere, or say to whom is encrypted.
 */
function checkedSettings(found: FoundConfiguration, settings: StoreSettings, where: string): StoreSettings {
  const { store, payloads, cache, retry, encryption } = settings;
  if (encryption !== undefined && !found.trusted) throw untrusted(found, `${where}says who can read what is encrypted`);
  if (cache !== undefined && !found.trusted) throw untrusted(found, `${where}keeps copies on this machine`);
  return {
    ...(store !== undefined && { store: urlIn(found, store, where) }),
    ...(payloads !== undefined && { payloads: urlIn(found, payloads, where) }),
    ...(cache && { cache: { ...cache, ...(cache.folder && { folder: resolve(found.folder, cache.folder) }) } }),
    ...(retry && { retry }),
    ...(encryption && { encryption }),
  };
}

/** A store that a configuration names, as seen from its folder. */
export function urlIn(found: FoundConfiguration, store: string, where = ""): string {
  const { url, inside } = located(store, found.folder);
  if (found.trusted || inside) return url;
  throw untrusted(found, `${where}names the store ${JSON.stringify(store)}, which lies outside of its folder`);
}

function untrusted({ path }: FoundConfiguration, what: string): ModelkeepError {
  return new ModelkeepError(
    "refused",
    `${path} ${what}: read the file, then run "modelkeep trust", or give --store yourself`,
  );
}

/** A store, or a file, as seen from a folder, and whether it lies in it. */
export function located(store: string, folder: string): { readonly url: string; readonly inside: boolean } {
  const [, wrapping = "", named = store] = /^(age\+)(.*)$/su.exec(store) ?? [];
  if (/^[a-z][a-z0-9+.-]+:\/\//iu.test(named)) return { url: store, inside: false };
  const scheme = named.startsWith("sqlite:") ? "sqlite:" : "";
  const path = resolve(folder, named.slice(scheme.length));
  const inside = !`${relative(folder, path)}${sep}`.startsWith(`..${sep}`);
  return { url: `${wrapping}${scheme}${path}`, inside };
}
