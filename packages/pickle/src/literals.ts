import { beyondLimit, malformed } from "./errors.js";
import { plainInteger } from "./numpy-elements.js";

const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** UTF-8 as Python's pickles have it: lone surrogates are let through. Short texts, the usual case, are read by hand. */
export function utf8(bytes: Uint8Array, start: number, end: number): string {
  if (end - start < 24) {
    let text = "";
    let at = start;
    for (; at < end; at++) {
      const byte = bytes[at] as number;
      if (byte > 0x7f) break;
      text += String.fromCharCode(byte);
    }
    if (at === end) return text;
  }
  const part = bytes.subarray(start, end);
  try {
    return strictUtf8.decode(part);
  } catch {
    return withSurrogates(part);
  }
}

function withSurrogates(bytes: Uint8Array): string {
  let text = "";
  let from = 0;
  for (let at = 0; at + 2 < bytes.length; at++) {
    if (bytes[at] !== 0xed || (bytes[at + 1] as number) < 0xa0 || (bytes[at + 1] as number) > 0xbf) continue;
    const last = bytes[at + 2] as number;
    if (last < 0x80 || last > 0xbf) break;
    text += decodeStrictly(bytes.subarray(from, at));
    text += String.fromCharCode(0xd000 | (((bytes[at + 1] as number) & 0x3f) << 6) | (last & 0x3f));
    at += 2;
    from = at + 1;
  }
  return text + decodeStrictly(bytes.subarray(from));
}

function decodeStrictly(bytes: Uint8Array): string {
  try {
    return strictUtf8.decode(bytes);
  } catch (cause) {
    throw malformed(`A string is not UTF-8 (${(cause as Error).message})`);
  }
}

export function latin1(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 4096) text += String.fromCharCode(...bytes.subarray(at, at + 4096));
  return text;
}

/** The argument of INT and LONG. */
export function decimalInteger(text: string, digits: number): number | bigint {
  const plain = text.trim().replace(/^\+/, "");
  const count = plain.length - (plain.startsWith("-") ? 1 : 0);
  // Before anything looks at each digit.
  if (count > digits) throw beyondLimit(`An integer has ${count} digits, more than the ${digits} allowed`);
  if (!/^-?[0-9]+$/.test(plain)) throw malformed(`${JSON.stringify(text.slice(0, 40))} is not an integer`);
  return count < 16 ? Number(plain) : plainInteger(BigInt(plain));
}

/** Two's complement, least byte first: the argument of LONG1 and LONG4. */
export function binaryInteger(bytes: Uint8Array, digits: number): number | bigint {
  // A byte is 2.41 decimal digits.
  if (bytes.length * 2.4 > digits)
    throw beyondLimit(`An integer of ${bytes.length} bytes has more than ${digits} digits`);
  if (bytes.length === 0) return 0;
  let hex = "0x";
  for (let index = bytes.length - 1; index >= 0; index--) hex += (bytes[index] as number).toString(16).padStart(2, "0");
  return plainInteger(BigInt.asIntN(bytes.length * 8, BigInt(hex)));
}

/** The argument of FLOAT: what Python's `repr` and `float` know. */
export function decimalFloat(text: string): number {
  const plain = text.trim().toLowerCase();
  if (plain.length <= 400 && /^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]{1,9})?$/.test(plain)) return Number(plain);
  const special = /^([+-]?)(inf|infinity|nan)$/.exec(plain);
  if (special === null) throw malformed(`${JSON.stringify(text.slice(0, 40))} is not a number`);
  return special[2] === "nan" ? Number.NaN : special[1] === "-" ? -Infinity : Infinity;
}

/** The argument of UNICODE: raw-unicode-escape. Only \\uXXXX and \\UXXXXXXXX are escapes. */
export function rawUnicode(text: string): string {
  return text.replaceAll(/(\\+)(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})/g, (whole, slashes: string, escape: string) => {
    if (slashes.length % 2 === 0) return whole;
    const point = Number.parseInt(escape.slice(1), 16);
    if (point > 0x10_ffff) throw malformed("A string holds an escape of no character");
    return slashes.slice(1) + (point > 0xffff ? String.fromCodePoint(point) : String.fromCharCode(point));
  });
}

const simpleEscapes = new Map([
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
  ["a", "\x07"],
  ["b", "\b"],
  ["f", "\f"],
  ["v", "\v"],
  ["\n", ""],
]);

/** The argument of STRING: a Python 2 str as `repr` writes it, one character for each byte. */
export function quotedString(text: string): string {
  const quote = text[0];
  const plain = text.trimEnd();
  if (plain.length < 2 || !(quote === "'" || quote === '"') || !plain.endsWith(quote))
    throw malformed("The string of a STRING opcode is not in quotes");
  const escapes = /\\(x[0-9a-fA-F]{2}|[0-7]{1,3}|[^])/g;
  return plain.slice(1, -1).replaceAll(escapes, (whole, escape: string) => {
    if (/^x[0-9a-fA-F]{2}$/.test(escape)) return String.fromCharCode(Number.parseInt(escape.slice(1), 16));
    if (/^[0-7]/.test(escape)) return String.fromCharCode(Number.parseInt(escape, 8) & 0xff);
    return simpleEscapes.get(escape) ?? (/["'\\]/.test(escape) ? escape : whole);
  });
}
