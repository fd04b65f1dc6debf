import { type Json, ModelkeepError } from "@modelkeep/core";

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
