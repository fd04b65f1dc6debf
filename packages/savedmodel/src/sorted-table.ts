import { ModelkeepError } from "@modelkeep/core";

import { crc32c, masked } from "./crc32c.js";
import { unsnappy } from "./snappy.js";

const footerSize = 48;
const trailerSize = 5;
const mostBlock = 64 << 20;

/**
 * The entries of a sorted table in their order: the format of LevelDB's tables, which TensorFlow keeps the index of variables
 * in. Every block is held to its checksum. Throws `malformed`, `truncated`.
 */
export function* tableEntries(file: Uint8Array): Generator<readonly [key: string, value: Uint8Array]> {
  if (file.length < footerSize)
    throw new ModelkeepError("truncated", "The index of variables is shorter than its footer");
  const footer = file.subarray(file.length - footerSize);
  const view = new DataView(footer.buffer, footer.byteOffset, footerSize);
  if (view.getUint32(40, true) !== 0x8b80_fb57 || view.getUint32(44, true) !== 0xdb47_7524)
    throw new ModelkeepError("malformed", "The index of variables does not end as one");
  const cursor = { at: 0 };
  readHandle(footer, cursor);
  const index = readBlock(file, readHandle(footer, cursor));
  for (const [, handle] of blockEntries(index))
    for (const [key, value] of blockEntries(readBlock(file, readHandle(handle, { at: 0 }))))
      yield [new TextDecoder().decode(key), value];
}

interface Handle {
  readonly offset: number;
  readonly size: number;
}

function readHandle(bytes: Uint8Array, cursor: { at: number }): Handle {
  return { offset: varint(bytes, cursor), size: varint(bytes, cursor) };
}

function readBlock(file: Uint8Array, { offset, size }: Handle): Uint8Array {
  const end = offset + size + trailerSize;
  if (!(end <= file.length - footerSize)) throw broken("points at a block beyond its end");
  const checked = file.subarray(offset, offset + size + 1);
  const view = new DataView(file.buffer, file.byteOffset + offset + size, trailerSize);
  if (masked(crc32c(checked)) !== view.getUint32(1, true)) throw broken("has a block with a wrong checksum");
  const block = file.subarray(offset, offset + size);
  const type = view.getUint8(0);
  if (type === 0) return block;
  if (type === 1) return unsnappy(block, mostBlock);
  throw broken(`has a block compressed in the unknown manner ${type}`);
}

/** Keys share what they begin with; the places where they do not are listed at the end, and not needed to read on. */
function* blockEntries(block: Uint8Array): Generator<readonly [key: Uint8Array, value: Uint8Array]> {
  if (block.length < 4) throw broken("has a block that is too short");
  const restarts = new DataView(block.buffer, block.byteOffset, block.length).getUint32(block.length - 4, true);
  const end = block.length - 4 - restarts * 4;
  if (end < 0) throw broken("has a block with too many restarts");
  let key = new Uint8Array(0);
  for (const cursor = { at: 0 }; cursor.at < end;) {
    const [shared, own, size] = [varint(block, cursor), varint(block, cursor), varint(block, cursor)];
    if (shared > key.length || cursor.at + own + size > end) throw broken("has an entry beyond its block");
    const next = new Uint8Array(shared + own);
    next.set(key.subarray(0, shared));
    next.set(block.subarray(cursor.at, cursor.at + own), shared);
    key = next;
    cursor.at += own;
    yield [key, block.subarray(cursor.at, (cursor.at += size))];
  }
}

export function varint(bytes: Uint8Array, cursor: { at: number }): number {
  let value = 0;
  for (let scale = 1; scale <= 2 ** 49; scale *= 128) {
    const byte = bytes[cursor.at++];
    if (byte === undefined) throw new ModelkeepError("truncated", "The index of variables ends within a number");
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return value;
  }
  throw broken("has a number beyond 2^53");
}

function broken(what: string): ModelkeepError {
  return new ModelkeepError("malformed", `The index of variables ${what}`);
}
