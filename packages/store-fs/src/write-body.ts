import { ModelkeepError } from "@modelkeep/core";
import type { FileOperations } from "./file-operations.js";

/** Small chunks are joined into blocks of this size, so that each costs a copy and not a call to the disk. */
const blockSize = 1 << 20;
/** Large bodies go to the disk in steps while they are written, instead of all at once at the end. */
const syncStep = 64 << 20;

/**
 * Writes chunks to a file and brings them to the disk; resolves to the bytes. While one chunk is written the next is
 * asked for, and never the one after: a body may take turns with two buffers. After an error the file is worth nothing.
 */
export async function writeBody(
  operations: FileOperations,
  file: number,
  chunks: AsyncIterable<Uint8Array>,
): Promise<number> {
  let position = 0;
  let synced = 0;
  let writing: Promise<void> | undefined;
  let syncing: Promise<void> | undefined;

  async function write(bytes: Uint8Array): Promise<void> {
    await writing;
    writing = inBackground(writeAt(operations, file, bytes, position));
    position += bytes.length;
    if (position - synced < syncStep) return;
    synced = position;
    await syncing;
    syncing = inBackground(writing.then(() => operations.syncData(file)));
  }

  const blocks: Uint8Array[] = [];
  let turn = 0;
  let filled = 0;
  async function flush(): Promise<void> {
    if (filled === 0) return;
    await write(blocks[turn]!.subarray(0, filled));
    turn = 1 - turn;
    filled = 0;
  }

  try {
    let borrowed = false;
    for await (const chunk of chunks) {
      // The chunk before is done with before the next one is asked for.
      if (borrowed) await writing;
      borrowed = chunk.length >= blockSize / 4;
      if (borrowed || filled + chunk.length > blockSize) await flush();
      if (borrowed) {
        await write(chunk);
      } else {
        const block = withRoom(blocks[turn], filled, chunk.length);
        block.set(chunk, filled);
        blocks[turn] = block;
        filled += chunk.length;
      }
    }
    await flush();
    await writing;
    await syncing;
    await operations.sync(file, position - synced);
    return position;
  } finally {
    // The file is closed next: nothing may be under way in it.
    await Promise.allSettled([writing, syncing]);
  }
}

/** Most small bodies are one chunk: a whole block for each would cost more than writing it. */
function withRoom(block: Uint8Array | undefined, filled: number, length: number): Uint8Array {
  if (block !== undefined && filled + length <= block.length) return block;
  const larger = new Uint8Array(block === undefined ? length : blockSize);
  if (block !== undefined) larger.set(block.subarray(0, filled));
  return larger;
}

async function writeAt(operations: FileOperations, file: number, bytes: Uint8Array, position: number): Promise<void> {
  for (let start = 0; start < bytes.length;) {
    const written = await operations.write(file, bytes.subarray(start), position + start);
    if (written <= 0)
      throw new ModelkeepError("io_error", "[fs] The file system took no more bytes, and gave no error");
    start += written;
  }
}

/** Its error is thrown where it is waited for, and is not an unhandled one until then. */
function inBackground(promise: Promise<void>): Promise<void> {
  promise.catch(() => undefined);
  return promise;
}
