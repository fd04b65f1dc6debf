import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

import { afterAll, expect, test } from "vitest";

import { type ArchiveOptions, readArchive } from "../src/archive.js";
import { vectorFolder } from "./registry.js";

const folder = mkdtempSync(join(tmpdir(), "modelkeep-archive-"));
afterAll(() => rmSync(folder, { recursive: true }));
const tar = readFileSync(vectorFolder("tar/good-posix.tar"));

function fileOf(name: string, bytes: Uint8Array): string {
  const file = join(folder, name);
  writeFileSync(file, bytes);
  return file;
}

async function pathsIn(file: string, options?: ArchiveOptions): Promise<string[]> {
  const paths: string[] = [];
  for await (const { path } of readArchive(file, options)) paths.push(path);
  return paths;
}

test("archives are told by their first bytes: plain, gzip of one or several members, xz", async () => {
  const plain = await pathsIn(vectorFolder("tar/good-posix.tar"));
  expect(plain).toContain("model.joblib");
  expect(await pathsIn(fileOf("named-otherwise.zip", gzipSync(tar)))).toEqual(plain);
  const halves = [tar.subarray(0, 1000), tar.subarray(1000)].map((half) => gzipSync(half));
  expect(await pathsIn(fileOf("members", Buffer.concat(halves)))).toEqual(plain);
  expect(await pathsIn(vectorFolder("bentoml/wine-zulu.bentomodel"))).toEqual(["model.yaml", "saved_model.pkl"]);
});

test("what expands beyond measure is refused while it does", async () => {
  const zeros = gzipSync(Buffer.concat([tar, new Uint8Array(8 << 20)]));
  await expect(pathsIn(fileOf("bomb", zeros), { bytes: 1 << 20 })).rejects.toMatchObject({ code: "limit_exceeded" });
  const xz = vectorFolder("bentoml/wine-zulu.bentomodel");
  await expect(pathsIn(xz, { bytes: 4000 })).rejects.toMatchObject({ code: "limit_exceeded" });
});

test("damage and cuts of a compressed archive are told apart", async () => {
  const whole = gzipSync(tar);
  const damaged = Uint8Array.from(whole);
  damaged[damaged.length - 6]! ^= 1;
  await expect(pathsIn(fileOf("damaged", damaged))).rejects.toMatchObject({ code: "malformed" });
  await expect(pathsIn(fileOf("cut", whole.subarray(0, -20)))).rejects.toMatchObject({ code: "truncated" });
  const xz = readFileSync(vectorFolder("bentoml/wine-zulu.bentomodel"));
  await expect(pathsIn(fileOf("followed", Buffer.concat([xz, Buffer.from("more")])))).rejects.toMatchObject({
    code: "malformed",
  });
});
