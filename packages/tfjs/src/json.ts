import { type Json, ModelkeepError } from "@modelkeep/core";

/** An object of JSON. */
export type JsonObject = Readonly<Record<string, Json>>;

/** Whether a value is an object, and neither a list nor null. */
export function isObject(value: Json | undefined): value is { [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** An own member of an object; undefined for everything else. */
export function member(value: Json | undefined, key: string): Json | undefined {
  return isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

/** An own member that is a text; undefined for everything else. */
export function textMember(value: Json | undefined, key: string): string | undefined {
  const found = member(value, key);
  return typeof found === "string" ? found : undefined;
}

export function malformed(what: string): ModelkeepError {
  return new ModelkeepError("malformed", `[tfjs] ${what}`);
}
