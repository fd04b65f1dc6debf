import { join } from "node:path";

import { isJsonObject, type Json, type JsonObject } from "@modelkeep/core";

import { readRecord, type Tree } from "../read-tree.js";
import { isDescription } from "../model-file.js";
import { type VersionName, versionName } from "./version-name.js";

/** What the JSON files of a folder say: of each version, which is active, and of all of them. */
export interface Descriptions {
  /** Names of the files that were read. */
  readonly files: readonly string[];
  /** What is said of one version, by its label or by its file. */
  of(version: VersionName, file: string): JsonObject | undefined;
  /** Whether it is said to be the active one. */
  isActive(version: VersionName, file: string): boolean;
  /** What is said of the whole folder. */
  readonly common: JsonObject;
}

const activeKeys = ["active", "active_version", "current", "current_version", "production", "live", "deployed"];
const listKeys = ["versions", "models", "history"];

export async function readDescriptions(tree: Tree): Promise<Descriptions> {
  const files: string[] = [];
  let common: Record<string, Json> = {};
  const told: { readonly key: string; readonly record: JsonObject }[] = [];
  const active = new Set<string>();
  for (const name of tree.files.filter(isDescription)) {
    const record = await readRecord(join(tree.path, name));
    if (record === undefined) continue;
    files.push(name);
    // metrics.json is all metrics.
    const whole = /^metrics\./iu.test(name) && !("metrics" in record) ? { metrics: { ...record } } : record;
    for (const [key, value] of Object.entries(whole)) {
      if (activeKeys.includes(key) && isName(value)) active.add(keyOf(String(value)));
      else if (listKeys.includes(key) && isJsonObject(value)) told.push(...fromRecord(value, active));
      else if (listKeys.includes(key) && Array.isArray(value)) told.push(...fromList(value, active));
      else if (versionName(key) !== undefined && isJsonObject(value))
        told.push(...fromRecord({ [key]: value }, active));
      else common = { ...common, [key]: value };
    }
  }
  const names = (version: VersionName, file: string) => [version.label, file].map(keyOf);
  return {
    files,
    common,
    of: (version, file) => told.find((each) => names(version, file).includes(each.key))?.record,
    isActive: (version, file) => names(version, file).some((name) => active.has(name)),
  };
}

/** { "v2": { … } } */
function fromRecord(value: JsonObject, active: Set<string>): { key: string; record: JsonObject }[] {
  return Object.entries(value).flatMap(([key, record]) =>
    isJsonObject(record) ? [described(keyOf(key), record, active)] : [],
  );
}

/** [{ "version": 2, "file": "churn_v2.joblib", … }] */
function fromList(value: readonly Json[], active: Set<string>): { key: string; record: JsonObject }[] {
  return value.filter(isJsonObject).flatMap((record) => {
    const names = ["version", "file", "filename", "path", "model_file", "name"]
      .map((key) => record[key])
      .filter(isName);
    return names.slice(0, 2).map((name) => described(keyOf(String(name)), record, active));
  });
}

function described(key: string, record: JsonObject, active: Set<string>): { key: string; record: JsonObject } {
  const { active: own, is_active: flag, status, stage } = record;
  if (
    own === true ||
    flag === true ||
    [status, stage].some((each) => typeof each === "string" && /^(active|production|live)$/iu.test(each))
  )
    active.add(key);
  return { key, record };
}

/** "2", "v2" and "churn_v2.joblib" as keys that agree. */
function keyOf(text: string): string {
  const file = text.slice(Math.max(text.lastIndexOf("/"), text.lastIndexOf("\\")) + 1);
  return versionName(file)?.label ?? file;
}

function isName(value: unknown): value is string | number {
  return typeof value === "string" || typeof value === "number";
}
