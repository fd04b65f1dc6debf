import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

import { ModelkeepError } from "@modelkeep/core";
import type { NewRing, Policy } from "@modelkeep/registry";

import { settingsFault, type StoreSettings, urlIn } from "./store-settings.js";
import { isTrusted } from "./trust.js";

/** What modelkeep.json may say. */
export interface Configuration extends StoreSettings {
  /** Packages with codecs, stores and flavors. */
  readonly plugins?: readonly string[];
  /** Stores that files may be moved to, by name. */
  readonly archives?: Readonly<Record<string, string>>;
  /** Who acts, where git does not tell. */
  readonly actor?: string;
  /** By alias: policies that new models get. */
  readonly policies?: Readonly<Record<string, Policy>>;
  /** A private key, as a PEM file, that signs what is written to the history. */
  readonly key?: string;
  /** Who signs the entries of new models: keys as PEM files. */
  readonly signers?: NewRing;
  /** Public keys, as PEM files: only what one of them attests is pulled, packed, checked out or run. */
  readonly attestedBy?: readonly string[];
  /** A file that remembers how far histories were seen to go. */
  readonly pins?: string;
  /** Certificates of authorities, as a PEM file: likewise. */
  readonly roots?: string;
  /** By name: dev, staging, prod. */
  readonly environments?: Readonly<Record<string, StoreSettings>>;
  /** The environment that is meant when none is named. */
  readonly environment?: string;
}

export interface FoundConfiguration {
  readonly path: string;
  readonly folder: string;
  readonly values: Configuration;
  /** Given by --config, or trusted by `modelkeep trust`: what it names may be loaded. */
  readonly trusted: boolean;
}

export const configurationName = "modelkeep.json";

/** modelkeep.json of this folder or the nearest one above. Only JSON is ever discovered. */
export function discoverConfiguration(folder: string): FoundConfiguration | undefined {
  for (let at = resolve(folder); ; at = dirname(at)) {
    const path = join(at, configurationName);
    if (existsSync(path)) return readConfiguration(path);
    if (dirname(at) === at) return undefined;
  }
}

export function readConfiguration(path: string): FoundConfiguration {
  const text = readFileSync(path, "utf8");
  let values: unknown;
  try {
    values = JSON.parse(text);
  } catch (cause) {
    throw new ModelkeepError("invalid_input", `${path} is not JSON: ${(cause as Error).message}`, { cause });
  }
  return {
    path,
    folder: dirname(resolve(path)),
    values: checkConfiguration(values, path),
    trusted: isTrusted(path, text),
  };
}

/** A file that was named by --config: JSON is read, a module is run, since the user asked for it. */
export async function loadConfiguration(path: string): Promise<FoundConfiguration> {
  if (path.endsWith(".json")) return { ...readConfiguration(path), trusted: true };
  const module = (await import(pathToFileURL(resolve(path)).href)) as { default?: unknown };
  return { path, folder: dirname(resolve(path)), values: checkConfiguration(module.default, path), trusted: true };
}

function checkConfiguration(values: unknown, path: string): Configuration {
  const fault = (what: string) => new ModelkeepError("invalid_input", `${path}: ${what}`);
  if (typeof values !== "object" || values === null || Array.isArray(values)) throw fault("is not an object");
  const { plugins, actor, archives, attestedBy, pins, policies, roots, key, signers, environments, environment } =
    values as Record<string, unknown>;
  const wrong = settingsFault(values);
  if (wrong !== undefined) throw fault(wrong);
  if (environment !== undefined && typeof environment !== "string") throw fault("environment is not a string");
  if (environments !== undefined) {
    if (typeof environments !== "object" || environments === null || Array.isArray(environments))
      throw fault("environments is not an object of stores by name");
    for (const [name, settings] of Object.entries(environments)) {
      const fails = settingsFault(settings);
      if (fails !== undefined) throw fault(`the environment ${JSON.stringify(name)} ${fails}`);
    }
  }
  if (actor !== undefined && typeof actor !== "string") throw fault("actor is not a string");
  if (policies !== undefined && (typeof policies !== "object" || policies === null || Array.isArray(policies)))
    throw fault("policies is not an object of policies by alias");
  if (key !== undefined && typeof key !== "string") throw fault("key is not the file of a private key");
  if (signers !== undefined && (typeof signers !== "object" || signers === null))
    throw fault('signers is not {"add", "quorum"}');
  if (pins !== undefined && typeof pins !== "string") throw fault("pins is not a string");
  if (roots !== undefined && typeof roots !== "string") throw fault("roots is not a string");
  if (attestedBy !== undefined && !(Array.isArray(attestedBy) && attestedBy.every((each) => typeof each === "string")))
    throw fault("attestedBy is not a list of files");
  if (plugins !== undefined && !(Array.isArray(plugins) && plugins.every((each) => typeof each === "string")))
    throw fault("plugins is not a list of package names");
  if (archives !== undefined && !isTexts(archives)) throw fault("archives is not a list of stores by name");
  return values;
}

function isTexts(value: unknown): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((each) => typeof each === "string");
}

/** Its archives, by name. */
export function archivesOf(found: FoundConfiguration): readonly (readonly [name: string, url: string])[] {
  return Object.entries(found.values.archives ?? {}).map(([name, url]) => [name, urlIn(found, url)] as const);
}
