import type { StoredObject } from "@modelkeep/core";

const piece = 4 << 20;

/** Part of an object as one of its own. */
export function storedRange(object: StoredObject, start: number, size: number): StoredObject {
  const part: StoredObject = {
    info: { ...object.info, size },
    async *stream({ signal } = {}) {
      for (let at = 0; at < size; at += piece) {
        const target = new Uint8Array(Math.min(piece, size - at));
        const read = await part.readInto(target, { offset: at, signal });
        yield target.subarray(0, read);
        if (read < target.length) return;
      }
    },
    readInto(target, { offset = 0, ...options } = {}) {
      const within = target.subarray(0, Math.max(0, size - offset));
      return object.readInto(within, { ...options, offset: start + offset });
    },
  };
  return part;
}
