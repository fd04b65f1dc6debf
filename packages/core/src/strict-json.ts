import { type ErrorCode, ModelkeepError } from "./errors.js";

/** How messages call the text, and what is allowed in it. */
export interface StrictJsonOptions {
  /** For messages: "manifest", "safetensors header". */
  readonly what: string;
  readonly code?: ErrorCode;
  /** Deepest nesting. Default 64. */
  readonly depth?: number;
  /** Takes NaN, Infinity and -Infinity, which Python writes and JSON lacks. */
  readonly nonFinite?: boolean;
}

/** What JSON can say. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/**
 * JSON (RFC 8259) in UTF-8, read more strictly than JSON.parse: duplicate keys, `__proto__`, bad UTF-8, a byte order mark
 * and nesting beyond the limit are errors with their position. Objects are ordinary ones.
 */
export function parseJson(bytes: Uint8Array, options: StrictJsonOptions): Json {
  const code = options.code ?? "malformed";
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new ModelkeepError(code, `The ${options.what} is not UTF-8`, { cause });
  }
  const words = scan(
    text,
    options.depth ?? 64,
    (message, at) => new ModelkeepError(code, `The ${options.what} ${message} at character ${at}`, { details: { at } }),
  );
  try {
    return options.nonFinite === true && words.length > 0 ? withNonFinite(text, words) : (JSON.parse(text) as Json);
  } catch (cause) {
    throw new ModelkeepError(code, `The ${options.what} is not JSON: ${(cause as Error).message}`, { cause });
  }
}

/** Stands for NaN until the text is parsed; no text can have it as a key. */
const notANumber = "\u0000NaN";

/** Infinity is a number too large for a double; NaN has no such form. */
function withNonFinite(text: string, words: readonly number[]): Json {
  let written = "";
  let end = 0;
  for (const at of words) {
    const isNaN = text.startsWith("NaN", at);
    written += text.slice(end, at) + (isNaN ? `{${JSON.stringify(notANumber)}:0}` : "1e999");
    end = at + (isNaN ? 3 : 8);
  }
  return JSON.parse(written + text.slice(end), (_, value: Json) =>
    typeof value === "object" && value !== null && Object.hasOwn(value, notANumber) ? Number.NaN : value,
  ) as Json;
}

/**
 * One pass over the tokens for what JSON.parse lets through; it relies on JSON.parse for the rest of the grammar. Gives the
 * places of NaN and Infinity.
 */
function scan(text: string, depth: number, fault: (message: string, at: number) => ModelkeepError): readonly number[] {
  const words: number[] = [];
  const open: (Set<string> | undefined)[] = [];
  let key = false;
  for (let at = 0; at < text.length; at++) {
    const character = text.charCodeAt(at);
    if (character === 0x22) {
      const end = stringEnd(text, at);
      if (end < 0) throw fault("has a string without an end", at);
      const keys = open.at(-1);
      if (key && keys !== undefined) {
        const name = decode(text.slice(at, end + 1), fault, at);
        if (name === "__proto__" || name === notANumber) throw fault(`has the key ${JSON.stringify(name)}`, at);
        if (keys.has(name)) throw fault(`has the key ${JSON.stringify(name.slice(0, 60))} twice`, at);
        keys.add(name);
        key = false;
      }
      at = end;
    } else if (character === 0x7b || character === 0x5b) {
      if (open.length >= depth) throw fault(`is nested deeper than ${depth}`, at);
      open.push(character === 0x7b ? new Set() : undefined);
      key = character === 0x7b;
    } else if (character === 0x7d || character === 0x5d) {
      open.pop();
      key = false;
    } else if (character === 0x2c) {
      key = open.at(-1) !== undefined;
    } else if (
      (character === 0x4e && text.startsWith("NaN", at)) ||
      (character === 0x49 && text.startsWith("Infinity", at))
    ) {
      words.push(at);
    }
  }
  return words;
}

function stringEnd(text: string, start: number): number {
  for (let at = start + 1; ; at++) {
    at = text.indexOf('"', at);
    if (at < 0) return -1;
    let slashes = 0;
    while (text.charCodeAt(at - 1 - slashes) === 0x5c) slashes++;
    if (slashes % 2 === 0) return at;
  }
}

function decode(literal: string, fault: (message: string, at: number) => ModelkeepError, at: number): string {
  if (!literal.includes("\\")) return literal.slice(1, -1);
  try {
    return JSON.parse(literal) as string;
  } catch {
    throw fault("has a malformed key", at);
  }
}
