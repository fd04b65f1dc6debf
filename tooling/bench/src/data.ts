import { createHash, randomFillSync } from "node:crypto";
import { closeSync, fsyncSync, mkdirSync, openSync, rmSync, writeSync, writevSync } from "node:fs";
import { join } from "node:path";

import { type PayloadSource, Tensor } from "@modelkeep/core";
import type { TensorFile } from "@modelkeep/safetensors";

import { mebibyte } from "./bench.js";

/** Bytes that do not compress and that no two calls share. Beyond 16 MiB they repeat. */
export function randomBytes(size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  const piece = randomFillSync(bytes.subarray(0, 16 * mebibyte));
  for (let start = piece.length; start < size; start += piece.length) bytes.set(piece.subarray(0, size - start), start);
  return bytes;
}

/** Float32 arrays of `size` bytes together, views on one buffer. */
export function randomTensors(size: number, count: number): TensorFile {
  const { buffer } = randomBytes(size);
  const length = size / 4 / count;
  const tensors = new Map<string, Tensor>();
  for (let index = 0; index < count; index++)
    tensors.set(
      `array-${index}`,
      new Tensor("float32", [length], new Float32Array(buffer, index * length * 4, length)),
    );
  return { tensors, metadata: new Map() };
}

/** All bytes of tensors that `randomTensors` made. */
export function bytesOf({ tensors }: TensorFile): Uint8Array<ArrayBuffer> {
  const [first] = tensors.values();
  return new Uint8Array((first!.data as Float32Array<ArrayBuffer>).buffer);
}

/** SHA-256 of bytes in memory, in this thread: what "sha256" stands for in the tables. */
export function hash(bytes: Uint8Array): string {
  const sha256 = createHash("sha256");
  for (let start = 0; start < bytes.length; start += 4 * mebibyte)
    sha256.update(bytes.subarray(start, start + 4 * mebibyte));
  return sha256.digest("hex");
}

/** Hashes `size` bytes by taking the same ones again and again; milliseconds. */
export function hashRepeatedly(bytes: Uint8Array, size: number): number {
  const start = performance.now();
  const sha256 = createHash("sha256");
  for (let done = 0; done < size; done += bytes.length) sha256.update(bytes);
  sha256.digest();
  return performance.now() - start;
}

export function writeLargeFile(path: string, size: number): void {
  const piece = randomBytes(64 * mebibyte);
  const file = openSync(path, "w");
  for (let written = 0; written < size;) written += writeSync(file, piece, 0, Math.min(piece.length, size - written));
  fsyncSync(file);
  closeSync(file);
}

/** Bytes that are on the disk when it returns, and nothing else. */
export function writeBare(path: string, bytes: Uint8Array): void {
  const file = openSync(path, "wx");
  for (let written = 0; written < bytes.length;)
    written += writeSync(file, bytes, written, Math.min(4 * mebibyte, bytes.length - written));
  fsyncSync(file);
  closeSync(file);
}

/** Writes what an encoder gives into a folder, without fsync, in calls of some size; where its files lie. */
export async function writtenFiles(folder: string, sources: readonly PayloadSource[]): Promise<string[]> {
  mkdirSync(folder, { recursive: true });
  const paths: string[] = [];
  for (const source of sources) {
    const path = join(folder, source.path);
    const file = openSync(path, "w");
    let pieces: Uint8Array[] = [];
    let size = 0;
    for await (const bytes of source.open()) {
      pieces.push(bytes);
      size += bytes.length;
      if (size < 16 * mebibyte && pieces.length < mostPieces) continue;
      writeTogether(file, pieces, size);
      [pieces, size] = [[], 0];
    }
    writeTogether(file, pieces, size);
    closeSync(file);
    paths.push(path);
  }
  return paths;
}

/** As many as systems take in one call. */
const mostPieces = 1024;

function writeTogether(file: number, pieces: readonly Uint8Array[], size: number): void {
  let written = size === 0 ? 0 : writevSync(file, pieces);
  // What one call did not take goes piece by piece.
  for (const piece of pieces) {
    const done = Math.min(written, piece.length);
    written -= done;
    for (let at = done; at < piece.length;) at += writeSync(file, piece, at);
  }
}

/** What is there is removed first, and what was written is on the disk before this ends: neither is timed, and no case pays for another. */
export async function timedSave(paths: readonly string[], save: () => unknown): Promise<number> {
  for (const path of paths) rmSync(path, { force: true });
  const start = performance.now();
  const own = await save();
  const taken = typeof own === "number" ? own : performance.now() - start;
  for (const path of paths) {
    const file = openSync(path, "r+");
    fsyncSync(file);
    closeSync(file);
  }
  return taken;
}
