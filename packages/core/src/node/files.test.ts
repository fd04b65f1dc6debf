import { createHash, randomBytes } from "node:crypto";
import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { filesOf, makeEnvelope } from "../../test/make-envelope.js";
import type { Envelope } from "../envelope.js";
import { chunkSize, chunkThreshold } from "../limits.js";
import { measurePayload } from "../measure.js";
import { collect } from "../memory-payload.js";
import { verifiedPayload } from "../verified-payload.js";
import {
  fileObject,
  filePayloads,
  fileSource,
  folderSources,
  measuring,
  openEnvelopeFolder,
  openPackageFile,
  unpackEnvelope,
  unpackPackage,
  verifyParallel,
  writePackageFile,
} from "./index.js";

const folder = mkdtempSync(join(tmpdir(), "modelkeep-files-"));
const code = (expected: string) => expect.objectContaining({ code: expected });
const large = Buffer.alloc(chunkThreshold + 12_345);
const largeFile = join(folder, "large.bin");
let envelope: Envelope;

beforeAll(async () => {
  const block = randomBytes(1 << 20);
  for (let at = 0; at < large.length; at += block.length) block.copy(large, at);
  for (let at = 0; at < large.length; at += chunkSize) large.writeUInt32LE(at, at);
  writeFileSync(largeFile, large);
  envelope = await makeEnvelope([
    { path: "deep/er/large.bin", bytes: large },
    { path: "small.json", bytes: new TextEncoder().encode("{}"), mediaType: "application/json" },
  ]);
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("fileObject", () => {
  it("reads any part, in order, and tells how far it is", async () => {
    const object = await fileObject(largeFile);
    expect(object.info.size).toBe(large.length);
    for (const [offset, length] of [
      [0, 10],
      [5, 9_000_001],
      [large.length - 5, 5],
    ] as const) {
      const target = new Uint8Array(length);
      const told: number[] = [];
      expect(await object.readInto(target, { offset, progress: (filled) => told.push(filled) })).toBe(length);
      expect(Buffer.compare(target, large.subarray(offset, offset + length))).toBe(0);
      expect(told.at(-1)).toBe(length);
      expect(told).toEqual(told.toSorted((a, b) => a - b));
    }
    expect(await object.readInto(new Uint8Array(10), { offset: large.length - 4 })).toBe(4);
    expect(await object.readInto(new Uint8Array(10), { offset: large.length + 4 })).toBe(0);
    expect(Buffer.compare(await collect(object.stream()), large)).toBe(0);
  });

  it("says what is missing or no file", async () => {
    await expect(fileObject(join(folder, "none"))).rejects.toThrow(code("not_found"));
    await expect(fileObject(folder)).rejects.toThrow(code("invalid_input"));
    const pipe = join(folder, "pipe");
    execFileSync("mkfifo", [pipe]);
    await expect(fileObject(pipe)).rejects.toThrow(code("invalid_input"));
    rmSync(pipe);
    await expect(
      (await fileObject(largeFile)).readInto(new Uint8Array(9), { signal: AbortSignal.abort() }),
    ).rejects.toThrow(code("aborted"));
  });
});

describe("file payloads and sources", () => {
  it("are named after the files, unless told otherwise", async () => {
    const set = await filePayloads([largeFile, { file: largeFile, path: "as/other.bin", role: "attachment" }]);
    expect([...set].map((each) => [each.path, each.role, each.size])).toEqual([
      ["large.bin", "model", large.length],
      ["as/other.bin", "attachment", large.length],
    ]);
    expect(await set.main.range(100, 120)).toEqual(new Uint8Array(large.subarray(100, 120)));
    const source = await fileSource(largeFile);
    expect(Buffer.compare(await collect(source.open()), large)).toBe(0);
  });

  it("of a folder are all its files, and no link is followed", async () => {
    const tree = join(folder, "tree");
    mkdirSync(join(tree, "b"), { recursive: true });
    writeFileSync(join(tree, "b", "x"), "1");
    writeFileSync(join(tree, "a"), "2");
    expect((await folderSources(tree)).map((each) => each.path)).toEqual(["a", "b/x"]);
    symlinkSync("/etc/hostname", join(tree, "link"));
    await expect(folderSources(tree)).rejects.toThrow(code("invalid_input"));
  });
});

describe("verifyParallel", () => {
  it.each([1, 2, 3])("accepts what is right and finds what is not, with %i workers", async (workers) => {
    const facts = await measurePayload(await fileSource(largeFile));
    expect(facts.chunks?.digests.length).toBe(5);
    let done = 0;
    await verifyParallel(facts, await fileObject(largeFile), { workers, progress: (each) => (done = each.done) });
    expect(done).toBe(large.length);
    const damaged = join(folder, "damaged.bin");
    for (const at of [0, chunkSize - 1, large.length - 1]) {
      writeFileSync(damaged, large);
      const bytes = readFileSync(damaged);
      bytes[at]! ^= 1;
      writeFileSync(damaged, bytes);
      await expect(verifyParallel(facts, await fileObject(damaged), { workers })).rejects.toThrow(
        code("digest_mismatch"),
      );
    }
    const object = await fileObject(damaged);
    truncateSync(damaged, large.length - 1);
    await expect(verifyParallel(facts, object, { workers })).rejects.toThrow(/ends at byte/u);
    await expect(verifyParallel(facts, await fileObject(damaged), { workers })).rejects.toThrow(code("size_mismatch"));
    const signal = AbortSignal.abort();
    await expect(verifyParallel(facts, await fileObject(largeFile), { workers, signal })).rejects.toThrow(
      code("aborted"),
    );
  });
});

describe("measuring", () => {
  it.each([
    ["large, of known size", large, true, 5_000_000],
    ["large, of unknown size", large, false, 3_333_333],
    ["of 20 MB and unknown size", large.subarray(0, 20_000_000), false, 100_000],
    ["small", large.subarray(0, 1000), false, 100],
    ["empty", large.subarray(0, 0), true, 100],
  ])("finds what measurePayload finds: %s", async (_, bytes, known, piece) => {
    const source = {
      path: "weights",
      ...(known && { size: bytes.length }),
      async *open() {
        // One buffer for all pieces, as a careful producer has.
        const buffer = new Uint8Array(piece);
        for (let at = 0; at < bytes.length; at += piece) {
          const part = bytes.subarray(at, at + piece);
          buffer.set(part);
          yield buffer.subarray(0, part.length);
        }
      },
    };
    const measured = measuring(source);
    expect(() => measured.result()).toThrow(code("conflict"));
    const hash = createHash("sha256");
    for await (const each of measured.source.open()) hash.update(each);
    expect(measured.result()).toEqual(await measurePayload(source));
    expect(measured.result().digest).toBe(`sha256:${hash.digest("hex")}`);
  });

  it("ends its thread when the reader stops early or the source fails", async () => {
    const measured = measuring(await fileSource(largeFile));
    let pieces = 0;
    for await (const each of measured.source.open()) {
      pieces += each.length > 0 ? 1 : 0;
      if (pieces === 8) break;
    }
    expect(() => measured.result()).toThrow(code("conflict"));
  });
});

describe("package files", () => {
  it("are written, opened, and unpacked", async () => {
    const path = join(folder, "m.model.zip");
    await writePackageFile(path, envelope);
    const back = await openPackageFile(path, { digest: envelope.digest });
    const payload = back.payload("deep/er/large.bin")!;
    expect(Buffer.compare(await payload.bytes(), large)).toBe(0);
    const target = join(folder, "unpacked");
    await unpackPackage(path, target);
    expect(Buffer.compare(readFileSync(join(target, "deep/er/large.bin")), large)).toBe(0);
    expect(readFileSync(join(target, "manifest.json"))).toEqual(Buffer.from(envelope.manifestBytes));
    const opened = await openEnvelopeFolder(target);
    expect(opened.digest).toBe(envelope.digest);
    expect((await filesOf(opened)).map((each) => each.path)).toEqual(["deep/er/large.bin", "small.json"]);
    // From a package into a package, hashed behind the copying: the same bytes.
    const again = join(folder, "again.model.zip");
    await writePackageFile(again, back);
    expect(Buffer.compare(readFileSync(again), readFileSync(path))).toBe(0);
    expect(readdirSync(folder).filter((name) => name.endsWith(".partial"))).toEqual([]);
  });

  it("are not overwritten unless asked", async () => {
    const path = join(folder, "there.model.zip");
    writeFileSync(path, "mine");
    await expect(writePackageFile(path, envelope)).rejects.toThrow(code("already_exists"));
    expect(readFileSync(path, "utf8")).toBe("mine");
    await writePackageFile(path, envelope, { overwrite: true });
    expect((await openPackageFile(path)).digest).toBe(envelope.digest);
  });

  it.each(["deep/er/large.bin", "small.json"])("leave nothing behind when %s is damaged", async (bad) => {
    const damaged: Envelope = {
      ...envelope,
      payload(path) {
        const facts = envelope.manifest.payloads.find((each) => each.path === path)!;
        const file = join(folder, "wrong");
        return verifiedPayload(facts, async () => {
          const good = Buffer.from(path.endsWith("json") ? "{}" : large);
          if (path === bad) good[good.length - 1]! ^= 1;
          writeFileSync(file, good);
          return fileObject(file);
        });
      },
    };
    const before = readdirSync(folder).filter((name) => name !== "wrong");
    const path = join(folder, "bad.model.zip");
    await expect(writePackageFile(path, damaged)).rejects.toThrow(code("digest_mismatch"));
    await expect(unpackEnvelope(damaged, join(folder, "bad"))).rejects.toThrow(code("digest_mismatch"));
    expect(readdirSync(folder).filter((name) => name !== "wrong")).toEqual(before);
  });

  it("are unpacked into new or empty folders only, never through a link", async () => {
    const full = join(folder, "full");
    mkdirSync(full);
    writeFileSync(join(full, "mine"), "mine");
    await expect(unpackEnvelope(envelope, full)).rejects.toThrow(code("already_exists"));
    const link = join(folder, "link");
    mkdirSync(join(folder, "elsewhere"));
    symlinkSync(join(folder, "elsewhere"), link);
    await expect(unpackEnvelope(envelope, link)).rejects.toThrow(code("already_exists"));
    expect(readdirSync(join(folder, "elsewhere"))).toEqual([]);
    expect(readdirSync(full)).toEqual(["mine"]);
    const empty = join(folder, "empty-folder");
    mkdirSync(empty);
    await unpackEnvelope(envelope, empty);
    expect(existsSync(join(empty, "small.json"))).toBe(true);
  });
});
