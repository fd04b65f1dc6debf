import { ModelkeepError } from "@modelkeep/core";

/** The types from 0xc0 to 0xdf: what follows, and how many bytes that, or its length, has. Extensions are refused. */
const types: readonly (readonly ["plain" | "integer" | "bytes" | "text" | "list" | "map" | "refused", number])[] = [
  ["plain", 0],
  ["refused", 0],
  ["plain", 0],
  ["plain", 0],
  ["bytes", 1],
  ["bytes", 2],
  ["bytes", 4],
  ["refused", 0],
  ["refused", 0],
  ["refused", 0],
  ["plain", 4],
  ["plain", 8],
  ["plain", 1],
  ["plain", 2],
  ["plain", 4],
  ["integer", 8],
  ["plain", 1],
  ["plain", 2],
  ["plain", 4],
  ["integer", 8],
  ["refused", 0],
  ["refused", 0],
  ["refused", 0],
  ["refused", 0],
  ["refused", 0],
  ["text", 1],
  ["text", 2],
  ["text", 4],
  ["list", 2],
  ["list", 4],
  ["map", 2],
  ["map", 4],
];

export interface MessagePackBounds {
  /** Deepest nesting of lists and maps. */
  readonly depth: number;
  /** Values, keys included. */
  readonly items: number;
}

/**
 * Walks one MessagePack value without building anything, and refuses what a decoder should never see: lengths beyond the
 * bytes, bytes after the value, extension types, map keys that are not text, integers that a double can't hold, bad UTF-8,
 * more depth or values than allowed. Returns the number of map entries, so that duplicate keys can be noticed.
 * Source: the MessagePack specification (msgpack/msgpack, spec.md).
 */
export function checkMessagePack(bytes: Uint8Array, bounds: MessagePackBounds): { readonly mapEntries: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = bytes.byteLength;
  /** What is still to come in each open list (values) or map (keys and values, so even before a key). */
  const open: { left: number; readonly map: boolean }[] = [];
  let at = 0;
  let items = 0;
  let mapEntries = 0;

  const need = (count: number) => {
    if (count > end - at) throw fault("truncated", `announces ${count} bytes at ${at}, and ${end - at} are left`, at);
  };
  const length = (width: number): number => {
    need(width);
    const value = width === 1 ? view.getUint8(at) : width === 2 ? view.getUint16(at) : view.getUint32(at);
    at += width;
    return value;
  };
  const skip = (count: number) => {
    need(count);
    at += count;
  };
  const text = (count: number) => {
    need(count);
    checkUtf8(bytes, at, at + count);
    at += count;
  };
  const enter = (count: number, map: boolean) => {
    const values = map ? count * 2 : count;
    // Each value takes a byte at least: an announced length beyond that is refused before anything is counted.
    need(values);
    if (map) mapEntries += count;
    if (values === 0) return;
    if (open.length >= bounds.depth)
      throw fault("limit_exceeded", `is nested deeper than ${bounds.depth} at ${at}`, at);
    open.push({ left: values, map });
  };
  const integer = (signed: boolean) => {
    need(8);
    const value = signed ? view.getBigInt64(at) : view.getBigUint64(at);
    if (value !== BigInt.asIntN(54, value))
      throw fault("malformed", `has the integer ${value} at ${at}, beyond what a double holds`, at);
    at += 8;
  };

  const unfinished = (): boolean => {
    while (open.at(-1)?.left === 0) open.pop();
    return open.length > 0;
  };

  do {
    if (++items > bounds.items) throw fault("limit_exceeded", `has more than ${bounds.items} values`, at);
    need(1);
    const inside = open.at(-1);
    const token = view.getUint8(at++);
    const isText = (token >= 0xa0 && token <= 0xbf) || (token >= 0xd9 && token <= 0xdb);
    if (inside !== undefined) {
      if (inside.map && inside.left % 2 === 0 && !isText)
        throw fault("malformed", `has a map key at ${at - 1} that is no text`, at - 1);
      inside.left--;
    }
    if (token <= 0x7f || token >= 0xe0) continue;
    if (token <= 0x8f) enter(token & 0x0f, true);
    else if (token <= 0x9f) enter(token & 0x0f, false);
    else if (token <= 0xbf) text(token & 0x1f);
    else {
      const [kind, width] = types[token - 0xc0] as (typeof types)[number];
      switch (kind) {
        case "plain":
          skip(width);
          break;
        case "integer":
          integer(token === 0xd3);
          break;
        case "bytes":
          skip(length(width));
          break;
        case "text":
          text(length(width));
          break;
        case "list":
          enter(length(width), false);
          break;
        case "map":
          enter(length(width), true);
          break;
        case "refused":
          throw fault("malformed", `has the type 0x${token.toString(16)} at ${at - 1}: plain values only`, at - 1);
      }
    }
  } while (unfinished());
  if (at < end) throw fault("malformed", `goes on after its value at ${at}`, at);
  return { mapEntries };
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function checkUtf8(bytes: Uint8Array, start: number, end: number): void {
  let at = start;
  while (at < end && (bytes[at] as number) < 0x80) at++;
  if (at === end) return;
  try {
    decoder.decode(bytes.subarray(at, end));
  } catch (cause) {
    throw new ModelkeepError("malformed", `The MessagePack file has a text at ${start} that is not UTF-8`, { cause });
  }
}

function fault(code: "malformed" | "truncated" | "limit_exceeded", what: string, at: number): ModelkeepError {
  return new ModelkeepError(code, `The MessagePack file ${what}`, { details: { at } });
}
