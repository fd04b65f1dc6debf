import { cutRange, deletedSince, ModelkeepError, replacedSince, throwIfAborted } from "@modelkeep/core";
import type { GetOptions, ObjectInfo, ReadIntoOptions, StoredObject } from "@modelkeep/core";
import { errorCode, type FileFacts, type FileOperations } from "./file-operations.js";
import { nodeFileOperations } from "./node-file-operations.js";
import { named } from "./trouble.js";

const streamPiece = 1 << 20;
const pieceSize = 4 << 20;

/** An object that was found at `path` with these facts. It is opened by each read, and held to them. */
export function storedFile(
  operations: FileOperations,
  path: string,
  facts: FileFacts,
  info: ObjectInfo,
  range: GetOptions["range"],
): StoredObject {
  const { start, end } = cutRange(info.size, range);

  async function open(): Promise<number> {
    let file: number;
    try {
      file = await operations.open(path);
    } catch (error) {
      const code = errorCode(error);
      if (code !== "ENOENT" && code !== "ENOTDIR" && code !== "ELOOP") throw error;
      throw deletedSince("fs", info.key, error);
    }
    const { identity, size } = await operations.facts(file);
    if (identity === facts.identity && size === info.size) return file;
    await operations.close(file);
    throw replacedSince("fs", info.key);
  }

  /** Reads all of the target, from a position within the file. */
  async function fill(file: number, target: Uint8Array, position: number): Promise<void> {
    for (let filled = 0; filled < target.length;) {
      const bytes = await operations.read(file, target.subarray(filled), position + filled);
      if (bytes === 0)
        throw new ModelkeepError("io_error", `[fs] ${info.key} ends before its size of ${info.size} bytes`);
      filled += bytes;
    }
  }

  async function* stream(signal: AbortSignal | undefined): AsyncGenerator<Uint8Array, void, undefined> {
    throwIfAborted(signal);
    if (start === end) return;
    const file = await open();
    let reading: Promise<Uint8Array> | undefined;
    const begin = (position: number): Promise<Uint8Array> | undefined => {
      if (position >= end) return undefined;
      const target = new Uint8Array(Math.min(streamPiece, end - position));
      return inBackground(fill(file, target, position).then(() => target));
    };
    try {
      reading = begin(start);
      for (let position = start + streamPiece; reading !== undefined; position += streamPiece) {
        const piece: Uint8Array = await reading;
        reading = begin(position);
        yield piece;
        throwIfAborted(signal);
      }
    } finally {
      await Promise.allSettled([reading]);
      await operations.close(file);
    }
  }

  async function readInto(target: Uint8Array, options: ReadIntoOptions): Promise<number> {
    const { offset = 0, progress, signal } = options;
    throwIfAborted(signal);
    const part = cutRange(end - start, { start: offset, end: offset + target.length });
    const length = part.end - part.start;
    if (length === 0) return 0;
    const file = await open();
    // Two pieces under way at a time: the disk has work while the caller looks at what is final.
    const reading: Promise<void>[] = [];
    const begin = (from: number): void => {
      if (from >= length) return;
      const piece = target.subarray(from, Math.min(from + pieceSize, length));
      reading.push(inBackground(fill(file, piece, start + part.start + from)));
    };
    try {
      begin(0);
      begin(pieceSize);
      for (let from = 0; from < length; from += pieceSize) {
        await reading.shift();
        throwIfAborted(signal);
        begin(from + 2 * pieceSize);
        progress?.(Math.min(from + pieceSize, length));
      }
      return length;
    } finally {
      // The target is the caller's again, and the file is closed: nothing may be under way.
      await Promise.allSettled(reading);
      await operations.close(file);
    }
  }

  return {
    info,
    // Whoever reads the file itself goes past other operations than Node's: then there is none to be told of.
    ...(operations === nodeFileOperations && { file: { path, offset: start } }),
    stream: (options = {}) => named("read", info.key, stream(options.signal)),
    readInto: (target, options = {}) => named("read", info.key, readInto(target, options)),
  };
}

/** Its error is thrown where it is waited for, and is not an unhandled one until then. */
function inBackground<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}
