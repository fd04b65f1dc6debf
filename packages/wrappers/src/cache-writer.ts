import type { FileHandle } from "node:fs/promises";

import type { ObjectInfo } from "@modelkeep/core";

import { factsOf, pieceSize, sha256, writeFooter } from "./cache-entry.js";
import type { CacheFolder } from "./cache-folder.js";

/** Takes the bytes of an object as they pass, and keeps them when all of them have. */
export class CacheWriter {
  readonly #folder: CacheFolder;
  readonly #info: ObjectInfo;
  readonly #path: string;
  readonly #handle: FileHandle;
  readonly #digests: Buffer[] = [];
  /** The piece that is not full yet. */
  readonly #piece: Buffer;
  #filled = 0;
  #written = 0;
  #ended = false;

  static async begin(folder: CacheFolder, info: ObjectInfo): Promise<CacheWriter> {
    const { path, handle } = await folder.begin();
    return new CacheWriter(folder, info, path, handle);
  }

  private constructor(folder: CacheFolder, info: ObjectInfo, path: string, handle: FileHandle) {
    this.#folder = folder;
    this.#info = info;
    this.#path = path;
    this.#handle = handle;
    this.#piece = Buffer.alloc(Math.min(pieceSize, Math.max(1, info.size)));
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      const part = bytes.subarray(at, at + this.#piece.length - this.#filled);
      this.#piece.set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
      if (this.#filled === this.#piece.length) await this.#flush();
    }
  }

  /** Keeps the object, unless what came was not all of it, or `isStill` says that it is another one by now. */
  async end(isStill: () => boolean): Promise<void> {
    await this.#flush();
    if (this.#written === this.#info.size) {
      const footer = writeFooter(factsOf(this.#info), this.#digests);
      await this.#handle.write(footer);
      await this.#handle.close();
      if (isStill()) await this.#folder.place(this.#path, this.#info.key, this.#written + footer.length);
    }
    await this.abandon();
  }

  /** Does nothing after the end. */
  async abandon(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    await this.#handle.close().catch(() => undefined);
    await this.#folder.abandon(this.#path);
  }

  async #flush(): Promise<void> {
    if (this.#filled === 0) return;
    const bytes = this.#piece.subarray(0, this.#filled);
    this.#digests.push(sha256(bytes));
    for (let at = 0; at < bytes.length;) at += (await this.#handle.write(bytes, at)).bytesWritten;
    this.#written += bytes.length;
    this.#filled = 0;
  }
}
