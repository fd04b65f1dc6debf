import { closeSync, constants, fstatSync, openSync, read as readLater, readSync } from "node:fs";
import { promisify } from "node:util";

import { ModelkeepError, throwIfAborted } from "../errors.js";
import type { StoredObject } from "../store.js";
import { endsAt, type PieceOptions, readPieces as readAnyPieces } from "../stored-pieces.js";

const read = promisify(readLater);

/** Two of them: one fills while the other is looked at. */
const piece = 4 << 20;
/** What is read in less time than a way through the thread pool takes. */
const small = 256 << 10;

/** What lies as a plain file is opened once, and the next piece is copied from the page cache while one is looked at. */
export async function readPieces(object: StoredObject, options: PieceOptions): Promise<void> {
  const { file, info } = object;
  if (file === undefined) return readAnyPieces(object, options);
  const { seen, signal } = options;
  const { path, offset } = file;
  throwIfAborted(signal);
  const descriptor = openPlain(path);
  const buffers = [0, piece].map((before) => new Uint8Array(Math.min(piece, Math.max(info.size - before, 0))));
  const fill = async (start: number): Promise<Uint8Array> => {
    const target = buffers[(start / piece) % 2]!.subarray(0, info.size - start);
    for (let filled = 0; filled < target.length;) {
      const [left, position] = [target.length - filled, offset + start + filled];
      const bytes =
        left <= small
          ? readSync(descriptor, target, filled, left, position)
          : (await read(descriptor, target, filled, left, position)).bytesRead;
      if (bytes === 0) throw endsAt(object, start + filled);
      filled += bytes;
    }
    return target;
  };
  let pending: Promise<Uint8Array> | undefined;
  try {
    pending = info.size > 0 ? fill(0) : undefined;
    for (let start = 0; pending !== undefined; start += piece) {
      const bytes: Uint8Array = await pending;
      throwIfAborted(signal);
      pending = start + piece < info.size ? fill(start + piece) : undefined;
      seen(bytes);
    }
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).syscall === undefined) throw cause;
    throw new ModelkeepError("io_error", `${path} can't be read: ${(cause as Error).message}`, { cause });
  } finally {
    // The file is closed next: nothing may be under way in it.
    await pending?.catch(() => {});
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
