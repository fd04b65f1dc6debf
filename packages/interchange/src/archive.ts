import { createReadStream } from "node:fs";
import { open, stat } from "node:fs/promises";
import { basename } from "node:path";
import { createGunzip } from "node:zlib";

import { ModelkeepError } from "@modelkeep/core";

import { readTar, type TarEntry } from "./tar.js";
import { unpacked } from "./unpacked.js";

const floor = 1 << 30;
const expansion = 100;
/** xz and bzip2 are decompressed in memory. */
const mostInMemory = 2 ** 32 - 2;

/**
 * The entries of a tar archive in a file, which may be compressed by gzip, xz or bzip2: told by its first bytes, whatever its
 * name. As `readTar`; and `limit_exceeded` for one that expands beyond all measure.
 */
export async function* readArchive(
  file: string,
  options: ArchiveOptions = {},
): AsyncGenerator<TarEntry, void, undefined> {
  yield* readTar(await plainBytes(file, options), { what: basename(file) });
}

export interface ArchiveOptions {
  readonly signal?: AbortSignal | undefined;
  /** The most that may come out of a compressed one. Default 1 GiB, or a hundred times its size where that is more. */
  readonly bytes?: number | undefined;
}

async function plainBytes(file: string, { signal, bytes }: ArchiveOptions): Promise<AsyncIterable<Uint8Array>> {
  const head = await headOf(file);
  const { size } = await stat(file);
  const most = bytes ?? Math.max(floor, size * expansion);
  if (head[0] === 0x1f && head[1] === 0x8b)
    return unpacked(bytesOf(file), createGunzip({ chunkSize: 1 << 18 }), {
      what: basename(file),
      most,
      cut: "truncated",
    });
  if (startsWith(head, "PK"))
    throw new ModelkeepError("unsupported", `${basename(file)} is a ZIP archive: unpack it, and import the folder`);
  if (startsWith(head, "\u00fd7zXZ") || startsWith(head, "BZh")) return decompressed(file, most, signal);
  return bytesOf(file);
}

async function* decompressed(
  file: string,
  most: number,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { decompressFile } = await import("@modelkeep/pickle");
  const handle = await open(file, "r");
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    const { size } = await handle.stat();
    if (size > mostInMemory)
      throw new ModelkeepError(
        "limit_exceeded",
        `${basename(file)} has ${size} bytes: unpack it, and import the folder`,
      );
    bytes = new Uint8Array(await handle.readFile());
  } finally {
    await handle.close();
  }
  const limits = { bytes: Math.min(most, mostInMemory), expansion: most / bytes.length, time: 3_600_000 };
  const plain = decompressFile(bytes, { limits, signal })!;
  yield new Uint8Array(plain.buffer, plain.byteOffset, plain.byteLength);
}

async function headOf(file: string): Promise<Uint8Array> {
  const handle = await open(file, "r");
  try {
    const head = new Uint8Array(8);
    const { bytesRead } = await handle.read(head, 0, head.length, 0);
    return head.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

function startsWith(head: Uint8Array, text: string): boolean {
  return head.length >= text.length && Array.from(text).every((character, at) => head[at] === character.charCodeAt(0));
}

function bytesOf(file: string): AsyncIterable<Uint8Array> {
  return createReadStream(file, { highWaterMark: 1 << 18 });
}
