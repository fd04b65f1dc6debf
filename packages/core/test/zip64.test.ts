import { execFileSync, spawnSync } from "node:child_process";
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, describe, expect, it } from "vitest";

import {
  collect,
  contentDigest,
  digestOf,
  type Digest,
  type Envelope,
  openPackage,
  packEnvelope,
  type Payload,
  storedBytes,
} from "../src/index.js";
import { fileObject } from "../src/node/index.js";
import { makeEnvelope } from "./make-envelope.js";

const folder = mkdtempSync(join(tmpdir(), "modelkeep-zip64-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Reading 4 GiB again with other tools takes a while: `MODELKEEP_LONG_TESTS=1`. */
const long = process.env["MODELKEEP_LONG_TESTS"] === "1";
const size = 2 ** 32 + 1_000_003;
const zeros = new Uint8Array(16 << 20);

/** An envelope with a payload of zeros beyond 4 GiB, and one after it. The digests are not looked at here. */
async function largeEnvelope(): Promise<Envelope> {
  const small = await makeEnvelope([{ path: "after.txt", bytes: new TextEncoder().encode("after") }]);
  const entry = {
    path: "zeros.bin",
    role: "model",
    mediaType: "application/octet-stream",
    size,
    digest: digestOf(zeros),
  };
  const chunks = {
    size: zeros.length,
    digests: Array.from<Digest>({ length: Math.ceil(size / zeros.length) }).fill(digestOf(zeros)),
  };
  const payloads = [{ ...entry, chunks }, ...small.manifest.payloads];
  const manifest = { ...small.manifest, payloads, content: contentDigest(payloads) };
  const manifestBytes = new TextEncoder().encode(JSON.stringify(manifest));
  const large = {
    ...entry,
    async *stream() {
      for (let at = 0; at < size; at += zeros.length) yield zeros.subarray(0, size - at);
    },
  } as unknown as Payload;
  return {
    ...small,
    manifest,
    manifestBytes,
    digest: digestOf(manifestBytes),
    payload: (path) => (path === entry.path ? large : small.payload(path)),
  };
}

/** Zeros are left out: the file has a hole there. */
async function writeSparse(path: string, pieces: AsyncIterable<Uint8Array>): Promise<void> {
  const descriptor = openSync(path, "w");
  let at = 0;
  for await (const piece of pieces) {
    if (piece.buffer !== zeros.buffer) writeSync(descriptor, piece, 0, piece.length, at);
    at += piece.length;
  }
  ftruncateSync(descriptor, at);
  closeSync(descriptor);
}

describe("ZIP64", () => {
  it("holds a payload beyond 4 GiB, and what comes after it", { timeout: 300_000 }, async () => {
    const path = join(folder, "large.zip");
    const envelope = await largeEnvelope();
    await writeSparse(path, packEnvelope(envelope));
    const back = await openPackage(await fileObject(path));
    expect(back.digest).toBe(envelope.digest);
    expect(new TextDecoder().decode(await back.payload("after.txt")!.bytes())).toBe("after");
    expect(await back.payload("zeros.bin")!.range(2 ** 31, 2 ** 31 + 4)).toEqual(new Uint8Array(4));
    const list =
      "import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); print([i.file_size for i in z.infolist()][1:]); long = len(sys.argv) > 2; print(long and z.testzip())";
    const python = spawnSync("python3", ["-c", list, path, ...(long ? ["test"] : [])], { encoding: "utf8" });
    const seen = python.error === undefined ? python.stdout : undefined;
    expect(seen ?? `[${size}, 5]\n${long ? "None" : "False"}\n`).toBe(`[${size}, 5]\n${long ? "None" : "False"}\n`);
    const checked = long ? execFileSync("unzip", ["-t", path], { encoding: "utf8" }) : "No errors detected";
    expect(checked).toContain("No errors detected");
  });

  it("holds more than 65,535 entries", { timeout: 120_000 }, async () => {
    const bytes = new TextEncoder().encode("x");
    const one = await makeEnvelope([{ path: "f/0", bytes }]);
    const payloads = Array.from({ length: 70_000 }, (_, index) => ({
      ...one.manifest.payloads[0]!,
      path: `f/${index}`,
    }));
    const manifest = { ...one.manifest, payloads, content: contentDigest(payloads) };
    const manifestBytes = new TextEncoder().encode(JSON.stringify(manifest));
    const envelope: Envelope = {
      ...one,
      manifest,
      manifestBytes,
      digest: digestOf(manifestBytes),
      payload: () => one.payload("f/0"),
    };
    const packed = await collect(packEnvelope(envelope));
    const back = await openPackage(storedBytes(packed));
    expect(back.manifest.payloads.length).toBe(70_000);
    expect(await back.payload("f/69999")!.bytes()).toEqual(bytes);
    const path = join(folder, "many.zip");
    writeFileSync(path, packed);
    const count = "import sys, zipfile; print(len(zipfile.ZipFile(sys.argv[1]).namelist()))";
    const python = spawnSync("python3", ["-c", count, path], { encoding: "utf8" });
    expect(python.error === undefined ? python.stdout : "70001\n").toBe("70001\n");
  });
});
