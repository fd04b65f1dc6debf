import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { readTar, type TarEntry, type TarOptions } from "../src/tar.js";
import { vectorFolder } from "./registry.js";

interface Vector {
  readonly file: string;
  readonly code: string;
  readonly why: string;
  readonly entries?: readonly object[];
}

const folder = vectorFolder("tar");
const vectors = JSON.parse(readFileSync(join(folder, "vectors.json"), "utf8")) as Vector[];

/** The archive in pieces of so many bytes. */
async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function list(source: AsyncIterable<Uint8Array>, options?: TarOptions): Promise<object[]> {
  const found: object[] = [];
  for await (const { path, type, size, body } of readTar(source, options)) {
    const hash = createHash("sha256");
    for await (const piece of body) hash.update(piece);
    found.push({ path, type, size, ...(type === "file" && { sha256: hash.digest("hex") }) });
  }
  return found;
}

const archive = (name: string) => new Uint8Array(readFileSync(join(folder, name)));

const good = vectors.filter(({ code }) => code === "ok");
const bad = vectors.filter(({ code }) => code !== "ok");

test.each(good)("$file: $why", async ({ file, entries }) => {
  for (const size of [1 << 16, 7]) expect(await list(pieces(archive(file), size))).toEqual(entries);
});

test.each(bad)("$file: $why", async ({ file, code }) => {
  for (const size of [1 << 16, 7]) await expect(list(pieces(archive(file), size))).rejects.toMatchObject({ code });
});

test("what is not read of a file is passed over, and cannot be read later", async () => {
  const kept: TarEntry[] = [];
  const paths: string[] = [];
  for await (const entry of readTar(pieces(archive("good-posix.tar"), 100))) {
    paths.push(entry.path);
    kept.push(entry);
    if (entry.path === "extras/notes.txt") for await (const _ of entry.body) break;
  }
  const expected = vectors.find(({ file }) => file === "good-posix.tar")!.entries as TarEntry[];
  expect(paths).toEqual(expected.map(({ path }) => path));
  const file = kept.find(({ path }) => path === "model.joblib")!;
  await expect(file.body[Symbol.asyncIterator]().next()).rejects.toThrow(TypeError);
});

test("limits hold, and whoever stops early ends the source", async () => {
  const bytes = archive("good-posix.tar");
  await expect(list(pieces(bytes, 512), { entries: 3 })).rejects.toMatchObject({ code: "limit_exceeded" });
  await expect(list(pieces(bytes, 512), { bytes: 1000 })).rejects.toMatchObject({ code: "limit_exceeded" });
  await expect(list(pieces(bytes.subarray(0, 700), 512), { what: "model.tar" })).rejects.toThrow(/^model\.tar ends/u);
  let ended = false;
  const source = async function* () {
    try {
      yield* pieces(bytes, 512);
    } finally {
      ended = true;
    }
  };
  for await (const _ of readTar(source())) break;
  expect(ended).toBe(true);
});
