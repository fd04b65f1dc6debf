import type { FileHandle } from "node:fs/promises";

import type { ObjectInfo } from "@modelkeep/core";

import {
  type CachedFacts,
  digestSize,
  footerSizeOf,
  infoOf,
  pieceSize,
  readFooter,
  sha256,
  tailSize,
} from "./cache-entry.js";
import type { CacheFolder } from "./cache-folder.js";

/** An object of the cache, held open. Nothing of it is given out that is not what was written. */
export class CachedFile {
  readonly info: ObjectInfo;
  readonly #handle: FileHandle;
  readonly #digests: Buffer;

  /** `undefined` when there is none, or none that is whole: then `damaged` is told. */
  static async open(
    folder: CacheFolder,
    key: string,
    damaged: (key: string) => Promise<void> = () => folder.remove(key),
  ): Promise<CachedFile | undefined> {
    const found = await folder.open(key);
    if (found === undefined) return undefined;
    const footer = await readAtEnd(found.handle, found.size).catch(() => undefined);
    if (footer?.facts.key === key) return new CachedFile(found.handle, footer.facts, footer.digests);
    await found.handle.close();
    await damaged(key);
    return undefined;
  }

  private constructor(handle: FileHandle, facts: CachedFacts, digests: Buffer) {
    this.#handle = handle;
    this.info = infoOf(facts);
    this.#digests = digests;
  }

  /** The bytes of a piece, in an array of their own; `undefined` when they are damaged. */
  async piece(index: number): Promise<Uint8Array | undefined> {
    const start = index * pieceSize;
    const target = new Uint8Array(Math.min(pieceSize, this.info.size - start));
    if (target.length === 0) return target;
    const { bytesRead } = await this.#handle.read(target, 0, target.length, start);
    const digest = this.#digests.subarray(index * digestSize, (index + 1) * digestSize);
    return bytesRead === target.length && sha256(target).equals(digest) ? target : undefined;
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

async function readAtEnd(handle: FileHandle, size: number) {
  const tail = Buffer.alloc(Math.min(tailSize, size));
  await handle.read(tail, 0, tail.length, size - tail.length);
  const footerSize = footerSizeOf(tail, size);
  if (footerSize === undefined || footerSize > size) return undefined;
  const footer = Buffer.alloc(footerSize);
  await handle.read(footer, 0, footerSize, size - footerSize);
  return readFooter(footer, size);
}
