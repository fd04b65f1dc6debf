import { createHasher, digestHex } from "@modelkeep/core";

import { malformed } from "../errors.js";
import { Bytes } from "./bytes.js";
import { crc32, crc64 } from "./checksums.js";
import { LzmaDecoder, lzmaProperties } from "./lzma.js";
import type { Output } from "./output.js";
import { RangeDecoder } from "./range-decoder.js";

const checkSizes = new Map([
  [0, 0],
  [1, 4],
  [4, 8],
  [10, 32],
]);

/**
 * .xz streams, one or several, with LZMA2 as their only filter; gives the bytes of input it took.
 * Format: https://tukaani.org/xz/xz-file-format.txt
 */
export function decompressXz(input: Uint8Array, output: Output): number {
  const bytes = new Bytes(input, "xz");
  for (;;) {
    readStream(bytes, output);
    // Streams may be padded with zeros, four at a time.
    const end = bytes.at;
    while (bytes.remaining >= 4 && bytes.take(4).every((byte) => byte === 0));
    if (bytes.remaining < 4 && bytes.at === end) return end;
    bytes.at = Math.max(end, bytes.at - 4);
    if (input[bytes.at] !== 0xfd || input[bytes.at + 1] !== 0x37) return end;
  }
}

function readStream(bytes: Bytes, output: Output): void {
  const magic = bytes.take(6);
  if (![0xfd, 0x37, 0x7a, 0x58, 0x5a, 0].every((byte, index) => magic[index] === byte))
    throw malformed("The xz stream does not begin as one");
  const flags = bytes.take(2);
  if (crc32(flags) !== bytes.uint32() || flags[0] !== 0) throw malformed("The header of the xz stream is damaged");
  const check = flags[1] as number;
  const checkSize = checkSizes.get(check);
  if (checkSize === undefined) throw malformed(`The xz stream has a check of the unknown kind ${check}`);
  const records: { readonly unpadded: number; readonly size: number }[] = [];
  for (;;) {
    const start = bytes.at;
    const headerSize = bytes.byte();
    if (headerSize === 0) {
      readIndex(bytes, start, records);
      readFooter(bytes, flags, bytes.at - start);
      return;
    }
    const expected = readBlockHeader(bytes, start, (headerSize + 1) * 4);
    const compressedStart = bytes.at;
    const outputStart = output.length;
    readLzma2(bytes, output, expected.dictionary);
    const compressed = bytes.at - compressedStart;
    const content = output.written(outputStart);
    if ((expected.compressed ?? compressed) !== compressed || (expected.size ?? content.length) !== content.length)
      throw malformed("A block of the xz stream has another length than it announces");
    while ((bytes.at - compressedStart) % 4 !== 0)
      if (bytes.byte() !== 0) throw malformed("The xz stream has bad padding");
    if (!matches(check, content, bytes.take(checkSize)))
      throw malformed("A block of the xz stream has a wrong checksum");
    records.push({ unpadded: (headerSize + 1) * 4 + compressed + checkSize, size: content.length });
  }
}

function readBlockHeader(
  bytes: Bytes,
  start: number,
  size: number,
): { dictionary: number; compressed: number | undefined; size: number | undefined } {
  bytes.at = start;
  const header = new Bytes(bytes.take(size - 4), "xz");
  if (crc32(header.bytes) !== bytes.uint32()) throw malformed("The header of an xz block is damaged");
  header.byte();
  const flags = header.byte();
  if ((flags & 3) !== 0) throw malformed("The xz stream uses filters beside LZMA2, which is not supported");
  if (flags & 0x3c) throw malformed("The header of an xz block is none");
  const compressed = flags & 0x40 ? variableInteger(header) : undefined;
  const uncompressed = flags & 0x80 ? variableInteger(header) : undefined;
  if (variableInteger(header) !== 0x21 || variableInteger(header) !== 1)
    throw malformed("The xz stream uses another filter than LZMA2, which is not supported");
  const bits = header.byte();
  if (bits > 40) throw malformed("The xz stream has a dictionary of a size that is none");
  const dictionary = bits === 40 ? 0xffff_ffff : (2 | (bits & 1)) * 2 ** ((bits >> 1) + 11);
  return { dictionary, compressed, size: uncompressed };
}

function readLzma2(bytes: Bytes, output: Output, dictionary: number): void {
  const coder = new RangeDecoder(bytes.bytes);
  const decoder = new LzmaDecoder(coder, output);
  let properties: { lc: number; lp: number; pb: number } | undefined;
  let begun = false;
  for (;;) {
    const control = bytes.byte();
    if (control === 0) return;
    if (control === 1 || control >= 0xe0) {
      decoder.resetDictionary(dictionary);
      begun = true;
    }
    if (!begun || (control > 2 && control < 0x80)) throw malformed("A chunk of the xz stream is none");
    if (control < 0x80) {
      output.append(bytes.take(((bytes.byte() << 8) | bytes.byte()) + 1));
      continue;
    }
    const size = (((control & 0x1f) << 16) | (bytes.byte() << 8) | bytes.byte()) + 1;
    const compressed = ((bytes.byte() << 8) | bytes.byte()) + 1;
    const mode = (control >> 5) & 3;
    if (mode >= 2) properties = lzmaProperties(bytes.byte());
    if (properties === undefined || properties.lc + properties.lp > 4)
      throw malformed("A chunk of the xz stream is none");
    if (mode >= 1) decoder.reset(properties);
    const end = bytes.at + compressed;
    if (compressed > bytes.remaining) throw bytes.ended();
    coder.start(bytes.at, end);
    decoder.run(size);
    if (coder.at !== end || !coder.finished)
      throw malformed("A chunk of the xz stream has another length than it announces");
    bytes.at = end;
  }
}

function readIndex(bytes: Bytes, start: number, records: readonly { unpadded: number; size: number }[]): void {
  if (variableInteger(bytes) !== records.length) throw malformed("The index of the xz stream is wrong");
  for (const record of records) {
    if (variableInteger(bytes) !== record.unpadded || variableInteger(bytes) !== record.size)
      throw malformed("The index of the xz stream is wrong");
  }
  while ((bytes.at - start) % 4 !== 0) if (bytes.byte() !== 0) throw malformed("The xz stream has bad padding");
  if (crc32(bytes.bytes.subarray(start, bytes.at)) !== bytes.uint32())
    throw malformed("The index of the xz stream is damaged");
}

function readFooter(bytes: Bytes, flags: Uint8Array, indexSize: number): void {
  const crc = bytes.uint32();
  const footer = bytes.take(6);
  const magic = bytes.take(2);
  const backward = (new Bytes(footer, "xz").uint32() + 1) * 4;
  if (crc32(footer) !== crc || backward !== indexSize || footer[4] !== flags[0] || footer[5] !== flags[1])
    throw malformed("The end of the xz stream is damaged");
  if (magic[0] !== 0x59 || magic[1] !== 0x5a) throw malformed("The xz stream does not end as one");
}

function matches(check: number, content: Uint8Array, expected: Uint8Array): boolean {
  const view = new DataView(expected.buffer, expected.byteOffset, expected.byteLength);
  switch (check) {
    case 1:
      return crc32(content) === view.getUint32(0, true);
    case 4: {
      const { low, high } = crc64(content);
      return low === view.getUint32(0, true) && high === view.getUint32(4, true);
    }
    case 10: {
      const hasher = createHasher();
      hasher.update(content);
      return digestHex(hasher.digest()) === Array.from(expected, (byte) => byte.toString(16).padStart(2, "0")).join("");
    }
    default:
      return true;
  }
}

function variableInteger(bytes: Bytes): number {
  let value = 0;
  for (let shift = 0; shift < 9; shift++) {
    const byte = bytes.byte();
    value += (byte & 0x7f) * 2 ** (7 * shift);
    if (byte < 0x80) {
      if (value > Number.MAX_SAFE_INTEGER) throw malformed("A number of the xz stream is beyond 2^53");
      return value;
    }
  }
  throw malformed("A number of the xz stream does not end");
}
