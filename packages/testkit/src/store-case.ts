import type { Store, StoredObject } from "@modelkeep/core";
import { expectBytes, expectEqual, expectTrue } from "./expect.js";

/** Where a case may write: everything it touches lies under a prefix of its own. */
export interface StoreContext {
  readonly store: Store;
  /** "check/07/", or "" where the store is the case's own. */
  readonly prefix: string;
  readonly race: RaceSize;
}

/** How many writers add how much. */
export interface RaceSize {
  readonly writers: number;
  /** Per writer. */
  readonly increments: number;
}

/** One promise of `Store`. */
export interface StoreCase {
  readonly name: string;
  readonly run: (context: StoreContext) => Promise<void>;
}

const encoder = new TextEncoder();

/** The UTF-8 bytes of a text, for short bodies that can be told apart. */
export function text(value: string): Uint8Array {
  return encoder.encode(value);
}

/** Bytes that repeat nowhere within reach, so that a shifted or swapped piece shows. */
export function noise(size: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(size);
  let state = (seed * 2654435761) >>> 0 || 1;
  for (let index = 0; index < size; index++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[index] = state;
  }
  return bytes;
}

/** A body that opens these bytes in chunks of the given sizes, over and over. */
export function inChunks(bytes: Uint8Array, ...sizes: readonly number[]): () => AsyncIterable<Uint8Array> {
  return async function* () {
    for (let start = 0, turn = 0; start < bytes.length; turn++) {
      const size = sizes[turn % sizes.length] ?? bytes.length;
      yield bytes.slice(start, start + size);
      start += size;
    }
  };
}

export async function readStream(object: StoredObject): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of object.stream()) chunks.push(chunk);
  // Joined at the end: a stream that reuses the buffer of a chunk shows.
  const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let filled = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, filled);
    filled += chunk.length;
  }
  return bytes;
}

/** Holds an object to its content by every way of reading it. */
export async function expectObject(store: Store, key: string, content: Uint8Array): Promise<void> {
  const object = await store.get(key);
  expectTrue(object !== undefined, `get ${key}: there is nothing`);
  expectEqual([object.info.key, object.info.size], [key, content.length], `key and size that get tells of ${key}`);
  const head = await store.head(key);
  expectEqual([head?.key, head?.size], [key, content.length], `key and size that head tells of ${key}`);
  expectBytes(await readStream(object), content, `stream of ${key}`);
  const target = new Uint8Array(content.length + 3);
  expectEqual(await object.readInto(target), content.length, `bytes that readInto tells of ${key}`);
  expectBytes(target.subarray(0, content.length), content, `readInto of ${key}`);
}

export async function expectAbsent(store: Store, key: string, when: string): Promise<void> {
  expectEqual(await store.head(key), undefined, `head of ${key} ${when}`);
  expectEqual((await store.get(key))?.info, undefined, `get of ${key} ${when}`);
  const listed: string[] = [];
  for await (const entry of store.list(key)) listed.push(entry.key);
  expectTrue(!listed.includes(key), `list shows ${key} ${when}`);
}
