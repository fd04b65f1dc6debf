import { type Json, jsonMember, ModelkeepError } from "@modelkeep/core";

/** An own member that is a text; undefined for everything else. */
export function textMember(value: Json | undefined, key: string): string | undefined {
  const found = jsonMember(value, key);
  return typeof found === "string" ? found : undefined;
}

export function malformed(what: string): ModelkeepError {
  return new ModelkeepError("malformed", `[tfjs] ${what}`);
}
