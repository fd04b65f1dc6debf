import {
  deletedSince,
  type GetOptions,
  type ObjectInfo,
  replacedSince,
  type Store,
  type StoredObject,
  storedParts,
  throwIfAborted,
} from "@modelkeep/core";

import { pieceSize } from "./cache-entry.js";
import type { CacheFolder } from "./cache-folder.js";
import { CachedFile } from "./cached-file.js";
import type { Quietly } from "./quietly.js";

interface Surroundings {
  readonly store: Store;
  readonly folder: CacheFolder;
  readonly quietly: Quietly;
  /** Throws the copy away. */
  readonly drop: (key: string) => Promise<void>;
}

/**
 * An object that was found in the cache. Its file is opened for each read, and each piece compared with its digest; where the
 * file is gone or damaged, reading goes on in the store, provided that the same object lies there.
 */
export function keptObject(
  { store, folder, quietly, drop }: Surroundings,
  info: ObjectInfo,
  range: GetOptions["range"],
): StoredObject {
  const { key } = info;

  async function original(signal: AbortSignal | undefined): Promise<StoredObject> {
    const object = await store.get(key, { signal });
    if (object === undefined) throw deletedSince(store.name, key);
    if (isSame(object.info, info)) return object;
    throw replacedSince(store.name, key);
  }

  async function open(): Promise<CachedFile | undefined> {
    const file = await quietly(() => CachedFile.open(folder, key));
    if (file === undefined || isSame(file.info, info)) return file;
    await file.close();
    return undefined;
  }

  async function* pieces(from: number, to: number, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
    let position = from;
    const file = await open();
    if (file !== undefined) {
      const read = (index: number) => quietly(() => file.piece(index));
      let next = read(Math.floor(position / pieceSize));
      try {
        while (position < to) {
          throwIfAborted(signal);
          const index = Math.floor(position / pieceSize);
          const piece = await next;
          if (piece === undefined) {
            await drop(key);
            break;
          }
          // The disk has work while the reader looks at what he got.
          if ((index + 1) * pieceSize < to) next = read(index + 1);
          const cut = piece.subarray(position - index * pieceSize, to - index * pieceSize);
          position += cut.length;
          yield cut;
        }
      } finally {
        await next;
        await file.close();
      }
    }
    if (position >= to) return;
    const object = await original(signal);
    while (position < to) {
      const target = new Uint8Array(Math.min(pieceSize, to - position));
      const read = await object.readInto(target, { offset: position, signal });
      position += read;
      yield target.subarray(0, read);
      if (read < target.length) return;
    }
  }

  return storedParts(info, range, pieces);
}

function isSame(a: ObjectInfo, b: ObjectInfo): boolean {
  return a.size === b.size && a.modified.getTime() === b.modified.getTime();
}
