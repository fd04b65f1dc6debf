import { beyondLimit, malformed } from "./errors.js";
import type { Input } from "./input.js";
import { latin1, utf8 } from "./literals.js";

/** Longest string that V8 can hold, with room. */
const longestText = 2 ** 29 - 24;

export function takeByte(input: Input): number {
  if (input.at >= input.window.length) input.need(1);
  return input.window[input.at++] as number;
}

export function takeUint(input: Input, size: 2 | 4): number {
  input.need(size);
  const { view, at } = input;
  input.at += size;
  return size === 2 ? view.getUint16(at, true) : view.getUint32(at, true);
}

/** A signed length of four bytes, or `malformed` when it is negative. */
export function takeLength(input: Input, offset: number): number {
  const length = takeUint(input, 4) | 0;
  if (length < 0) throw malformed(`A length is ${length}`, offset);
  return length;
}

export function takeLength8(input: Input): number {
  input.need(8);
  const length = Number(input.view.getBigUint64(input.at, true));
  if (length > Number.MAX_SAFE_INTEGER) throw malformed("A length is beyond 2^53", input.position);
  input.at += 8;
  return length;
}

export function takeText(input: Input, length: number): string {
  input.need(length);
  if (length > longestText)
    throw beyondLimit(`A string of ${length} bytes is longer than a string can be`, input.position);
  const start = input.at;
  input.at += length;
  return utf8(input.window, start, input.at);
}

export function takeTextLine(input: Input): string {
  const line = input.takeLine();
  return utf8(line, 0, line.length);
}

/** The argument of GET and PUT: a decimal index. */
export function takeMemoIndex(input: Input, offset: number): number {
  const text = latin1(input.takeLine());
  if (!/^[0-9]{1,15}$/.test(text)) throw malformed("An index of the memo is not a number", offset);
  return Number(text);
}
