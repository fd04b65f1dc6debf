import type { Payload, ReadOptions } from "./codec.js";
import { ModelkeepError, throwIfAborted } from "./errors.js";
import { checkPath } from "./path.js";
import type { StoredObject } from "./store.js";

const largestArray = 2 ** 32;
const window = 1 << 30;
const piece = 1 << 20;

/** A payload over bytes that nothing vouches for, such as a file that a user named. */
export function unverifiedPayload(
  object: StoredObject,
  about: { readonly path: string; readonly mediaType?: string | undefined; readonly role?: string | undefined },
): Payload {
  const { size } = object.info;
  const read = async (target: Uint8Array, offset: number, options: ReadOptions): Promise<void> => {
    throwIfAborted(options.signal);
    const filled = target.length === 0 ? 0 : await object.readInto(target, { signal: options.signal, offset });
    if (filled !== target.length)
      throw new ModelkeepError("truncated", `${JSON.stringify(about.path)} ends at byte ${offset + filled}`);
    options.progress?.({ done: offset + filled, total: size });
  };
  const payload: Payload = {
    path: checkPath(about.path),
    mediaType: about.mediaType ?? "application/octet-stream",
    role: about.role ?? "model",
    size,
    async buffer(options = {}) {
      const buffer = new ArrayBuffer(size);
      throwIfAborted(options.signal);
      for (let start = 0; start < size; start += window)
        await read(new Uint8Array(buffer, start, Math.min(window, size - start)), start, options);
      return buffer;
    },
    bytes: (options) => wholeArray(payload, options),
    async range(start, end, options = {}) {
      checkRange(start, end);
      const from = Math.min(start, size);
      const bytes = new Uint8Array(Math.min(end, size) - from);
      await read(bytes, from, { signal: options.signal });
      return bytes;
    },
    async *stream(options = {}) {
      throwIfAborted(options.signal);
      for (let start = 0; start < size; start += piece) {
        const bytes = new Uint8Array(Math.min(piece, size - start));
        await read(bytes, start, options);
        yield bytes;
      }
    },
  };
  return payload;
}

/** A payload's bytes in one array, which has room for less than 4 GiB. */
export async function wholeArray(payload: Payload, options: ReadOptions = {}): Promise<Uint8Array> {
  if (payload.size >= largestArray) {
    throw new ModelkeepError(
      "limit_exceeded",
      `The payload ${JSON.stringify(payload.path)} has ${payload.size} bytes, too many for one array: read it with buffer() or stream()`,
    );
  }
  return new Uint8Array(await payload.buffer(options));
}

export function checkRange(start: number, end: number): void {
  if (!Number.isSafeInteger(start) || start < 0 || !Number.isSafeInteger(end) || end < start)
    throw new TypeError(`${start} to ${end} is no range`);
}
