import { ModelkeepError, throwIfAborted } from "./errors.js";
import type { StoredObject } from "./store.js";

/** Bytes that are asked for at a time: many, since a store may make a request of each. */
const piece = 4 << 20;

export interface PieceOptions {
  /** Looks at the bytes; they are in memory that is used again as soon as it returns. */
  readonly seen: (bytes: Uint8Array) => void;
  readonly signal?: AbortSignal | undefined;
}

/** Shows every stored byte in order, in constant memory: one of two buffers fills while the other is looked at. */
export async function readPieces(object: StoredObject, { seen, signal }: PieceOptions): Promise<void> {
  const { size } = object.info;
  const buffers = [new Uint8Array(Math.min(piece, size)), new Uint8Array(Math.min(piece, size))] as const;
  const read = async (start: number, turn: number): Promise<Uint8Array> => {
    throwIfAborted(signal);
    const target = buffers[turn]!.subarray(0, size - start);
    const filled = await object.readInto(target, { offset: start, signal });
    if (filled !== target.length) throw endsAt(object, start + filled);
    return target;
  };
  if (size === 0) return;
  let pending = read(0, 0);
  for (let start = 0, turn = 0; start < size; start += piece, turn ^= 1) {
    const bytes = await pending;
    if (start + piece < size) pending = read(start + piece, turn ^ 1);
    try {
      seen(bytes);
    } catch (error) {
      await pending.catch(() => {});
      throw error;
    }
  }
}

export function endsAt({ info }: StoredObject, position: number): ModelkeepError {
  return new ModelkeepError("truncated", `${info.key} ends at byte ${position}, not at ${info.size}`);
}
