import { deflateRawSync } from "node:zlib";

import { crc32 } from "../src/decompress/checksums.js";

/** One byte for each character. */
export function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

export function joined(...parts: readonly (Uint8Array | readonly number[])[]): Uint8Array {
  const result = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}

/** A ZIP archive; `crc` replaces all checksums. */
export function zipOf(files: Readonly<Record<string, Uint8Array>>, crc?: number): Uint8Array {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let offset = 0;
  for (const [name, bytes] of Object.entries(files)) {
    const packed = deflateRawSync(bytes);
    const about = joined(
      [20, 0, 0, 0, 8, 0, 0, 0, 0x21, 0],
      uint32(crc ?? crc32(bytes)),
      uint32(packed.length),
      uint32(bytes.length),
      [name.length & 0xff, name.length >> 8, 0, 0],
    );
    const local = joined([0x50, 0x4b, 3, 4], about, bytesOf(name), packed);
    directory.push(joined([0x50, 0x4b, 1, 2, 20, 0], about, new Uint8Array(10), uint32(offset), bytesOf(name)));
    parts.push(local);
    offset += local.length;
  }
  const listing = joined(...directory);
  const count = [directory.length & 0xff, directory.length >> 8];
  const end = joined([0x50, 0x4b, 5, 6, 0, 0, 0, 0], count, count, uint32(listing.length), uint32(offset), [0, 0]);
  return joined(...parts, listing, end);
}

function uint32(value: number): number[] {
  return [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, (value >>> 24) & 0xff];
}
