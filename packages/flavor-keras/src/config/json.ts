import { type Json, ModelkeepError } from "@modelkeep/core";

export type JsonObject = Readonly<Record<string, Json>>;

export function isObject(value: Json | undefined): value is { [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** An own member of an object; undefined for everything else. */
export function member(value: Json | undefined, key: string): Json | undefined {
  return isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

export function text(value: Json | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}

export function malformed(message: string): ModelkeepError {
  return new ModelkeepError("malformed", message);
}

/** How a value reads in a message. */
export function shown(value: Json | undefined): string {
  if (value === undefined) return "nothing";
  const written = JSON.stringify(value);
  return written.length > 60 ? `${written.slice(0, 57)}...` : written;
}
