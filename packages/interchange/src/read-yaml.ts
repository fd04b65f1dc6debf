import { isJsonObject, type Json, type JsonObject } from "@modelkeep/core";
import { parse } from "yaml";

import { readText } from "./read-tree.js";

const limit = 4 << 20;

/** A YAML file as plain JSON values; undefined when there is none, or it is none. */
export async function readYaml(path: string): Promise<JsonObject | undefined> {
  const text = await readText(path, limit);
  return text === undefined ? undefined : parseYaml(text);
}

/** A YAML document as plain JSON values; undefined for any other text. Aliases are bounded, tags build nothing. */
export function parseYaml(text: string): JsonObject | undefined {
  try {
    const value: unknown = parse(text, { schema: "core", maxAliasCount: 20, logLevel: "silent" });
    // Once through JSON: dates, maps and whatever else becomes plain.
    const plain = JSON.parse(JSON.stringify(value ?? null)) as Json;
    return isJsonObject(plain) ? plain : undefined;
  } catch (error) {
    // What YAML forbids; also more aliases than are allowed, which it throws as a ReferenceError.
    if (error instanceof Error && /^(YAML\w+|ReferenceError)$/u.test(error.name)) return undefined;
    throw error;
  }
}
