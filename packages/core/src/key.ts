import { ModelkeepError } from "./errors.js";
import { hasControlCharacter, utf8Length } from "./name.js";

/**
 * A store's key as it was given, or `invalid_key`: segments of at most 255 bytes parted by "/", none of them empty, "."
 * or "..", at most 1,000 bytes in all; well-formed Unicode without control characters or backslashes. A key is never
 * also a segment of another one: "a" and "a/b" do not go together.
 */
export function checkKey(key: string): string {
  const fault = keyFault(key);
  if (fault !== undefined)
    throw new ModelkeepError("invalid_key", `The key ${JSON.stringify(key.slice(0, 120))} ${fault}`, {
      details: { key },
    });
  return key;
}

/** Whether a store may have this key. */
export function isKey(key: string): boolean {
  return keyFault(key) === undefined;
}

/** The start of a key, for listing: a key whose last segment may be cut off anywhere, or nothing. */
export function checkPrefix(prefix: string): string {
  if (prefix !== "")
    checkKey(prefix.endsWith("/") ? prefix.slice(0, -1) : prefix.endsWith(".") ? `${prefix}x` : prefix);
  return prefix;
}

function keyFault(key: string): string | undefined {
  if (typeof key !== "string" || key === "") return "is empty";
  if (!key.isWellFormed()) return "has half a surrogate pair";
  if (hasControlCharacter(key)) return "has a control character";
  if (key.includes("\\")) return "has a backslash";
  if (utf8Length(key) > 1000) return "has more than 1,000 bytes";
  for (const segment of key.split("/")) {
    if (segment === "") return 'has an empty segment: "/" parts segments, it neither begins nor ends a key';
    if (segment === "." || segment === "..") return `has the segment "${segment}"`;
    if (utf8Length(segment) > 255) return "has a segment of more than 255 bytes";
  }
  return undefined;
}
