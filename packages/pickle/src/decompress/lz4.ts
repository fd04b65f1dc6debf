import { malformed } from "../errors.js";
import { Bytes } from "./bytes.js";
import { xxHash32 } from "./checksums.js";
import type { Output } from "./output.js";

const blockSizes = new Map([
  [4, 1 << 16],
  [5, 1 << 18],
  [6, 1 << 20],
  [7, 1 << 22],
]);

/**
 * LZ4 frames, one or several; gives the bytes of input it took.
 * Format: https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md
 */
export function decompressLz4(input: Uint8Array, output: Output): number {
  const bytes = new Bytes(input, "LZ4");
  let frames = 0;
  while (bytes.remaining >= 4) {
    const magic = bytes.uint32();
    if (magic >>> 4 === 0x0184d2a5) bytes.take(bytes.uint32());
    else if (magic === 0x184d2204) readFrame(bytes, output);
    else if (frames > 0) return bytes.at - 4;
    else throw malformed("The LZ4 stream has no frame");
    frames++;
  }
  return bytes.at;
}

function readFrame(bytes: Bytes, output: Output): void {
  const headerStart = bytes.at;
  const flags = bytes.byte();
  const maximum = blockSizes.get((bytes.byte() >> 4) & 7);
  if (flags >> 6 !== 1 || maximum === undefined) throw malformed("The header of an LZ4 frame is none");
  if (flags & 1) throw malformed("The LZ4 frame needs a dictionary, which is not in the file");
  const size = flags & 8 ? bytes.uint32() + bytes.uint32() * 2 ** 32 : undefined;
  const header = bytes.bytes.subarray(headerStart, bytes.at);
  if (((xxHash32(header) >>> 8) & 0xff) !== bytes.byte())
    throw malformed("The header of an LZ4 frame has a wrong checksum");
  const start = output.length;
  for (;;) {
    const length = bytes.uint32();
    if (length === 0) break;
    const plain = length >>> 31 === 1;
    const block = bytes.take(length & 0x7fff_ffff);
    if (block.length > maximum) throw malformed("A block of an LZ4 frame is larger than the frame allows");
    // A block reaches back into the blocks before it, unless they are independent.
    const floor = flags & 0x20 ? output.length : start;
    const before = output.length;
    if (plain) output.append(block);
    else readBlock(block, output, floor, maximum);
    if (output.length - before > maximum) throw malformed("A block of an LZ4 frame is larger than the frame allows");
    if (flags & 0x10 && bytes.uint32() !== xxHash32(block))
      throw malformed("A block of an LZ4 frame has a wrong checksum");
  }
  const content = output.written(start);
  if (size !== undefined && size !== content.length)
    throw malformed(`An LZ4 frame announces ${size} bytes and holds ${content.length}`);
  if (flags & 4 && bytes.uint32() !== xxHash32(content)) throw malformed("An LZ4 frame has a wrong checksum");
}

/** Format: https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md */
function readBlock(block: Uint8Array, output: Output, floor: number, maximum: number): void {
  const end = output.length + maximum;
  let at = 0;
  const extended = (count: number): number => {
    let total = count;
    if (count < 15) return total;
    for (;;) {
      const more = block[at++];
      if (more === undefined) throw malformed("A block of an LZ4 frame ends early");
      total += more;
      if (more < 255) return total;
    }
  };
  while (at < block.length) {
    const token = block[at++] as number;
    const literals = extended(token >> 4);
    if (at + literals > block.length || output.length + literals > end)
      throw malformed("A block of an LZ4 frame holds fewer bytes than it announces");
    output.append(block.subarray(at, at + literals));
    at += literals;
    if (at === block.length) return;
    const distance = (block[at] as number) | ((block[at + 1] ?? 0) << 8);
    at += 2;
    const length = extended(token & 15) + 4;
    if (distance === 0 || output.length - distance < floor || at > block.length || output.length + length > end)
      throw malformed("A block of an LZ4 frame refers to bytes that it does not have");
    output.repeat(distance, length);
  }
}
