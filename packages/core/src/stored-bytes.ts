import { throwIfAborted } from "./errors.js";
import type { StoredObject } from "./store.js";

/** Bytes in memory as a stored object. They are not copied and not to be changed. */
export function storedBytes(bytes: Uint8Array, key = "memory"): StoredObject {
  return {
    info: { key, size: bytes.length, modified: new Date(0) },
    async *stream({ signal } = {}) {
      throwIfAborted(signal);
      if (bytes.length > 0) yield new Uint8Array(bytes);
    },
    async readInto(target, { offset = 0, progress, signal } = {}) {
      throwIfAborted(signal);
      const part = bytes.subarray(offset, offset + target.length);
      target.set(part);
      progress?.(part.length);
      return part.length;
    },
  };
}

/** A Blob or a File that a user picked in a browser, as a stored object. */
export function storedBlob(blob: Blob, key = "blob"): StoredObject {
  return {
    info: { key, size: blob.size, modified: new Date(0) },
    async *stream({ signal } = {}) {
      const piece = 1 << 20;
      for (let start = 0; start < blob.size; start += piece) {
        throwIfAborted(signal);
        yield new Uint8Array(await blob.slice(start, start + piece).arrayBuffer());
      }
    },
    async readInto(target, { offset = 0, progress, signal } = {}) {
      throwIfAborted(signal);
      const part = new Uint8Array(await blob.slice(offset, offset + target.length).arrayBuffer());
      target.set(part);
      progress?.(part.length);
      return part.length;
    },
  };
}

/** A part of a stored object as an object of its own. */
export function storedSlice(object: StoredObject, start: number, size: number): StoredObject {
  return {
    info: { ...object.info, size },
    ...(object.file !== undefined && { file: { path: object.file.path, offset: object.file.offset + start } }),
    async *stream(options = {}) {
      const piece = 1 << 20;
      for (let at = 0; at < size; at += piece) {
        const target = new Uint8Array(Math.min(piece, size - at));
        const read = await object.readInto(target, { ...options, offset: start + at });
        yield target.subarray(0, read);
        if (read < target.length) return;
      }
    },
    async readInto(target, options = {}) {
      const offset = options.offset ?? 0;
      if (offset >= size) return 0;
      return object.readInto(target.subarray(0, size - offset), { ...options, offset: start + offset });
    },
  };
}
