import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";

import { ModelkeepError, throwIfAborted } from "../errors.js";
import type { ReadIntoOptions, StoredObject } from "../store.js";

/** Large enough to be quick, small enough that hashing one piece hides reading the next. */
const piece = 4 << 20;

/** A file as a stored object, or `not_found`. It is opened for each read, so there is nothing to close. */
export async function fileObject(path: string): Promise<StoredObject> {
  const { size, modified } = await withFile(path, async (handle) => {
    const { size, mtime } = await handle.stat();
    return { size, modified: mtime };
  });
  const object: StoredObject = {
    info: { key: path, size, modified },
    file: { path, offset: 0 },
    async *stream({ signal } = {}) {
      for (let start = 0; start < size; start += piece) {
        const target = new Uint8Array(Math.min(piece, size - start));
        const read = await object.readInto(target, { offset: start, signal });
        yield target.subarray(0, read);
        if (read < target.length) return;
      }
    },
    readInto: (target, options = {}) => withFile(path, (handle) => readInto(handle, target, options)),
  };
  return object;
}

/** Fills the target with two reads in flight, telling in order what is there. Returns less than asked only at the end. */
export async function readInto(
  handle: FileHandle,
  target: Uint8Array,
  { offset = 0, progress, signal }: ReadIntoOptions = {},
): Promise<number> {
  const read = (start: number) => readFully(handle, target.subarray(start, start + piece), offset + start);
  const inFlight: Promise<number>[] = [];
  let next = 0;
  let filled = 0;
  try {
    while (filled < target.length) {
      throwIfAborted(signal);
      while (inFlight.length < 2 && next < target.length) {
        inFlight.push(read(next));
        next += piece;
      }
      const wanted = Math.min(piece, target.length - filled);
      const got = await inFlight.shift()!;
      if (inFlight.length === 0 && next < target.length) {
        inFlight.push(read(next));
        next += piece;
      }
      filled += got;
      progress?.(filled);
      if (got < wanted) break;
    }
  } finally {
    // The target belongs to the caller again: nothing may still be written to it.
    await Promise.allSettled(inFlight);
  }
  return filled;
}

async function readFully(handle: FileHandle, target: Uint8Array, position: number): Promise<number> {
  let filled = 0;
  while (filled < target.length) {
    const { bytesRead } = await handle.read(target, filled, target.length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return filled;
}

/** Opens a plain file and closes it whatever happens. A pipe or device is refused, not waited for. */
export async function withFile<T>(path: string, use: (handle: FileHandle) => Promise<T>): Promise<T> {
  let handle: FileHandle;
  try {
    handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT")
      throw new ModelkeepError("not_found", `There is no file ${path}`, { cause, details: { path } });
    throw new ModelkeepError("io_error", `The file ${path} can't be opened: ${(cause as Error).message}`, { cause });
  }
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) throw new ModelkeepError("invalid_input", `${path} is not a file`, { details: { path } });
    return await use(handle);
  } finally {
    await handle.close();
  }
}
