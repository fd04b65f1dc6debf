import { ModelkeepError } from "@modelkeep/core";

/** One block of 512 bytes before what it tells of. */
export interface TarHeader {
  readonly name: string;
  readonly size: number;
  /** "0" for a file, "5" for a folder, "x" for attributes of what follows … */
  readonly flag: string;
}

export const blockSize = 512;

/**
 * Old tar, ustar (POSIX.1-1988) and GNU tar. `malformed` for a checksum that does not hold.
 * Format: https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html, "ustar Interchange Format"
 */
export function readHeader(block: Uint8Array, what: string): TarHeader {
  if (!sumHolds(block)) throw malformed(`${what} is no tar archive, or a header in it is damaged`);
  const magic = ascii(block.subarray(257, 263));
  const name = text(block.subarray(0, 100), what);
  // GNU tar has other things at the place of the prefix.
  const prefix = magic === "ustar\0" ? text(block.subarray(345, 500), what) : "";
  const kind = block[156] === 0 ? "0" : String.fromCharCode(block[156]!);
  return {
    name: prefix === "" ? name : `${prefix}/${name}`,
    size: sizeOf(block.subarray(124, 136), what),
    // Before ustar, folders were told by their names.
    flag: kind === "7" ? "0" : kind === "0" && name.endsWith("/") ? "5" : kind,
  };
}

/** Attributes of POSIX.1-2001: "30 mtime=1350244992.023960108\n", lengths included. */
export function readAttributes(bytes: Uint8Array, what: string): ReadonlyMap<string, string> {
  const attributes = new Map<string, string>();
  for (let at = 0; at < bytes.length;) {
    const space = bytes.indexOf(0x20, at);
    const digits = space < 0 ? "" : ascii(bytes.subarray(at, Math.min(space, at + 9)));
    const end = at + Number(digits);
    if (!/^[1-9]\d{0,7}$/u.test(digits) || end > bytes.length || end <= space || bytes[end - 1] !== 0x0a)
      throw malformed(`${what} has attributes that are no list of names and values`);
    const record = text(bytes.subarray(space + 1, end - 1), what, false);
    const equals = record.indexOf("=");
    if (equals <= 0) throw malformed(`${what} has attributes that are no list of names and values`);
    attributes.set(record.slice(0, equals), record.slice(equals + 1));
    at = end;
  }
  return attributes;
}

/** Text up to the first NUL. */
export function text(bytes: Uint8Array, what: string, ends = true): string {
  const nul = ends ? bytes.indexOf(0) : -1;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(nul < 0 ? bytes : bytes.subarray(0, nul));
  } catch (cause) {
    throw new ModelkeepError("malformed", `${what} has a name that is not UTF-8`, { cause });
  }
}

export function malformed(message: string): ModelkeepError {
  return new ModelkeepError("malformed", message);
}

/** The sum of all bytes, with spaces at its own place. Some old programs added signed bytes. */
function sumHolds(block: Uint8Array): boolean {
  const told = /^[ 0]*([0-7]+)[ \0]*$/u.exec(ascii(block.subarray(148, 156)))?.[1];
  if (told === undefined) return false;
  let sum = 0;
  let signed = 0;
  for (let at = 0; at < blockSize; at++) {
    const byte = at >= 148 && at < 156 ? 0x20 : block[at]!;
    sum += byte;
    signed += byte < 128 ? byte : byte - 256;
  }
  const expected = Number.parseInt(told, 8);
  return expected === sum || expected === signed;
}

/** Octal digits; GNU tar writes larger numbers in binary, with the first bit set. */
function sizeOf(field: Uint8Array, what: string): number {
  if (field[0]! >= 0x80) {
    let size = field[0]! & 0x7f;
    for (const byte of field.subarray(1)) size = size * 256 + byte;
    if (Number.isSafeInteger(size)) return size;
  } else {
    const digits = /^ *([0-7]*)[ \0]*$/u.exec(ascii(field))?.[1];
    if (digits !== undefined) return digits === "" ? 0 : Number.parseInt(digits, 8);
  }
  throw malformed(`${what} has an entry whose size is no number`);
}

function ascii(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
