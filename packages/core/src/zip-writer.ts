import { crc32, deflate } from "#zlib";

import { ModelkeepError } from "./errors.js";
import { collect } from "./memory-payload.js";
import * as zip from "./zip-format.js";

/**
 * Writes a ZIP file in one pass: each method gives the bytes that come next. Stored entries begin at multiples of 64 bytes;
 * ZIP64 where sizes or counts need it. The same calls give the same bytes.
 */
export class ZipWriter {
  readonly #modified: Date;
  readonly #entries: zip.ZipEntry[] = [];
  #offset = 0;

  constructor(modified: Date) {
    this.#modified = modified;
  }

  /** An entry that is in memory; level 0 stores it, 1 to 9 deflate it where that makes it smaller. */
  async *small(path: string, bytes: Uint8Array, level: number): AsyncGenerator<Uint8Array> {
    const deflated = level === 0 ? bytes : await collect(deflate(once(bytes), "deflate", level));
    const smaller = deflated.length < bytes.length;
    const data = smaller ? deflated : bytes;
    const known = { crc: crc32(bytes), compressedSize: data.length, size: bytes.length };
    const method = smaller ? zip.method.deflated : zip.method.stored;
    const offset = this.#offset;
    yield this.#count(zip.localHeader({ path, method, offset, modified: this.#modified, known, zip64: false }));
    if (data.length > 0) yield this.#count(data);
    this.#entries.push({ path, method, offset, flags: zip.flag.utf8, ...known });
  }

  /** An entry of `size` bytes that is streamed: its checksum follows it. A piece is used up before the next is asked for. */
  async *large(
    path: string,
    size: number,
    plain: AsyncIterable<Uint8Array>,
    level: number,
  ): AsyncGenerator<Uint8Array> {
    // Deflating can add a little to what does not compress.
    const zip64 = size > zip.full32 * 0.99;
    const method = level === 0 ? zip.method.stored : zip.method.deflated;
    const offset = this.#offset;
    yield this.#count(zip.localHeader({ path, method, offset, modified: this.#modified, zip64 }));
    const start = this.#offset;
    const seen = { crc: 0, size: 0 };
    const watched = watch(plain, seen);
    for await (const piece of level === 0 ? watched : deflate(watched, "deflate", level)) yield this.#count(piece);
    if (seen.size !== size)
      throw new ModelkeepError("size_mismatch", `${JSON.stringify(path)} gave ${seen.size} bytes, not ${size}`);
    const known = { ...seen, compressedSize: this.#offset - start };
    yield this.#count(zip.dataDescriptor(known, zip64));
    this.#entries.push({ path, method, offset, flags: zip.flag.utf8 | zip.flag.descriptor, ...known });
  }

  /** The directory. */
  *end(): Generator<Uint8Array> {
    const offset = this.#offset;
    for (const entry of this.#entries) yield this.#count(zip.centralHeader(entry, this.#modified));
    yield zip.endRecords(this.#entries.length, this.#offset - offset, offset);
  }

  #count(bytes: Uint8Array): Uint8Array {
    this.#offset += bytes.length;
    return bytes;
  }
}

async function* watch(
  plain: AsyncIterable<Uint8Array>,
  seen: { crc: number; size: number },
): AsyncGenerator<Uint8Array> {
  for await (const piece of plain) {
    seen.crc = crc32(piece, seen.crc);
    seen.size += piece.length;
    yield piece;
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
