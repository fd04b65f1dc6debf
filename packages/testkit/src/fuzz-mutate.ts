/** Numbers from 0 to below 1 that follow from the seed alone (mulberry32, Tommy Ettinger, public domain). */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Values at which lengths, counts and signs go wrong. */
const edges = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff];

/** Words that mean something to one format or another. */
const words = [
  "__proto__",
  "constructor",
  "prototype",
  "$tensor",
  "-1",
  "1e999",
  "9007199254740993",
  "null",
  '"',
  "{",
  "[",
  "\0",
];

/** A copy of the bytes with one to four changes: bits, bytes, lengths, words, pieces left out, doubled, moved or cut off. */
export function mutate(seed: Uint8Array, random: () => number): Uint8Array<ArrayBuffer> {
  let bytes = new Uint8Array(seed);
  for (let changes = 1 + Math.floor(random() * 4); changes > 0; changes--) bytes = change(bytes, random);
  return bytes;
}

function change(bytes: Uint8Array<ArrayBuffer>, random: () => number): Uint8Array<ArrayBuffer> {
  // Half of all changes hit the first 256 bytes, where headers are.
  const span = random() < 0.5 ? Math.min(bytes.length, 256) : bytes.length;
  const at = Math.floor(random() * span);
  const length = 1 + Math.floor(random() ** 3 * Math.min(64, bytes.length));
  const kind = Math.floor(random() * 9);
  if (kind === 0 && bytes.length > 0) bytes[at] = (bytes[at] as number) ^ (1 << Math.floor(random() * 8));
  else if (kind === 1 && bytes.length > 0) bytes[at] = Math.floor(random() * 256);
  else if (kind === 2) writeEdge(bytes, at, random);
  else if (kind === 3) return bytes.slice(0, at);
  else if (kind === 4) return joined(bytes.subarray(0, at), bytes.subarray(at + length));
  else if (kind === 5) return joined(bytes.subarray(0, at + length), bytes.subarray(at));
  else if (kind === 6) {
    const from = Math.floor(random() * bytes.length);
    bytes.copyWithin(at, from, from + length);
  } else if (kind === 7) {
    const word = new TextEncoder().encode(words[Math.floor(random() * words.length)]);
    const over = random() < 0.5 ? word.length : 0;
    return joined(bytes.subarray(0, at), word, bytes.subarray(at + over));
  } else {
    const noise = Uint8Array.from({ length }, () => Math.floor(random() * 256));
    return joined(bytes.subarray(0, at), noise, bytes.subarray(at));
  }
  return bytes;
}

function writeEdge(bytes: Uint8Array, at: number, random: () => number): void {
  const width = [1, 2, 4, 8][Math.floor(random() * 4)] as number;
  if (at + width > bytes.length) return;
  const value = BigInt(edges[Math.floor(random() * edges.length)] as number);
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, width);
  const little = random() < 0.5;
  if (width === 1) view.setUint8(0, Number(value & 0xffn));
  else if (width === 2) view.setUint16(0, Number(value & 0xffffn), little);
  else if (width === 4) view.setUint32(0, Number(value), little);
  else view.setBigUint64(0, random() < 0.5 ? value : BigInt.asUintN(64, -value), little);
}

function joined(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const result = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}
