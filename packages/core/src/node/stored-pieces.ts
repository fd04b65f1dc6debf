import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";

import { ModelkeepError, throwIfAborted } from "../errors.js";
import type { StoredObject } from "../store.js";
import { endsAt, type PieceOptions, readPieces as readAnyPieces } from "../stored-pieces.js";

/** Fits into the processor's cache: what looks at the bytes finds them there. */
const piece = 512 << 10;
/** Bytes after which everything else that waits in this thread has a turn: about two milliseconds of hashing. */
const turn = 4 << 20;

/** What lies as a plain file is read directly: the way through the thread pool takes as long as copying from the page cache. */
export async function readPieces(object: StoredObject, options: PieceOptions): Promise<void> {
  const { file, info } = object;
  if (file === undefined) return readAnyPieces(object, options);
  const { seen, signal } = options;
  const { path, offset } = file;
  throwIfAborted(signal);
  const descriptor = openPlain(path);
  try {
    const buffer = new Uint8Array(Math.min(piece, info.size));
    for (let start = 0; start < info.size;) {
      const read = readSync(descriptor, buffer, 0, Math.min(buffer.length, info.size - start), offset + start);
      if (read === 0) throw endsAt(object, start);
      seen(buffer.subarray(0, read));
      const turns = Math.floor(start / turn);
      start += read;
      if (Math.floor(start / turn) === turns) continue;
      await new Promise((resolve) => setImmediate(resolve));
      throwIfAborted(signal);
    }
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).syscall === undefined) throw cause;
    throw new ModelkeepError("io_error", `${path} can't be read: ${(cause as Error).message}`, { cause });
  } finally {
    closeSync(descriptor);
  }
}

function openPlain(path: string): number {
  let descriptor: number;
  try {
    descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT")
      throw new ModelkeepError("not_found", `There is no file ${path}`, { cause, details: { path } });
    throw new ModelkeepError("io_error", `The file ${path} can't be opened: ${message}`, { cause });
  }
  if (fstatSync(descriptor).isFile()) return descriptor;
  closeSync(descriptor);
  throw new ModelkeepError("invalid_input", `${path} is not a file`, { details: { path } });
}
