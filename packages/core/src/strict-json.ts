import { type ErrorCode, ModelkeepError } from "./errors.js";

export interface StrictJsonOptions {
  /** For messages: "manifest", "safetensors header". */
  readonly what: string;
  readonly code?: ErrorCode;
  /** Deepest nesting. Default 64. */
  readonly depth?: number;
}

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
  scan(
    text,
    options.depth ?? 64,
    (message, at) => new ModelkeepError(code, `The ${options.what} ${message} at character ${at}`, { details: { at } }),
  );
  try {
    return JSON.parse(text) as Json;
  } catch (cause) {
    throw new ModelkeepError(code, `The ${options.what} is not JSON: ${(cause as Error).message}`, { cause });
  }
}

/** One pass over the tokens for what JSON.parse lets through. It relies on JSON.parse for the rest of the grammar. */
function scan(text: string, depth: number, fault: (message: string, at: number) => ModelkeepError): void {
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
        if (name === "__proto__") throw fault('has the key "__proto__"', at);
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
    }
  }
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
