import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";

import {
  checkPaths,
  collect,
  digestOf,
  isModelkeepError,
  openPackage,
  packEnvelope,
  storedBytes,
} from "../src/index.js";
import { filesOf, makeEnvelope, type TestFile } from "./make-envelope.js";

const folder = mkdtempSync(join(tmpdir(), "modelkeep-package-"));
afterAll(() => rmSync(folder, { recursive: true }));

const present = (command: string, flag: string) => spawnSync(command, [flag]).status === 0;
const text = (value: string) => new TextEncoder().encode(value);
const files: TestFile[] = [
  { path: "weights.bin", bytes: Uint8Array.from({ length: 3000 }, (_, index) => (index * 31) % 256) },
  { path: "texts/größe 😀.json", bytes: text(JSON.stringify(Array(500).fill("same"))), mediaType: "application/json" },
  { path: "empty", bytes: new Uint8Array(0) },
];

describe("packEnvelope and openPackage", () => {
  it.each([0, 1, 6, 9, undefined])("round-trip at level %s", async (level) => {
    const envelope = await makeEnvelope(files);
    const bytes = await collect(packEnvelope(envelope, level === undefined ? {} : { level }));
    const back = await openPackage(storedBytes(bytes), { digest: envelope.digest });
    expect(back.manifest).toEqual(envelope.manifest);
    expect(back.manifestBytes).toEqual(envelope.manifestBytes);
    expect(back.digest).toBe(envelope.digest);
    expect(await filesOf(back)).toEqual(files.map(({ path, bytes }) => ({ path, bytes })));
    expect(back.payloads().main.path).toBe("weights.bin");
    expect(await back.payload("weights.bin")!.range(100, 200)).toEqual(files[0]!.bytes.slice(100, 200));
  });

  it("round-trip any files", async () => {
    const file = fc.record({
      path: fc.string({ unit: "binary", maxLength: 12 }),
      bytes: fc.uint8Array({ maxLength: 300 }),
    });
    const sets = fc.array(file, { minLength: 1, maxLength: 6 }).filter((each) => {
      try {
        checkPaths(["manifest.json", ...each.map(({ path }) => path)]);
        return !each.some(({ path }) => path.startsWith("attestations"));
      } catch {
        return false;
      }
    });
    await fc.assert(
      fc.asyncProperty(sets, fc.integer({ min: 0, max: 9 }), async (set, level) => {
        const bytes = await collect(packEnvelope(await makeEnvelope(set), { level }));
        expect(await filesOf(await openPackage(storedBytes(bytes)))).toEqual(set);
      }),
      { numRuns: 60 },
    );
  });

  it("gives the same bytes each time, stored data at multiples of 64 and the manifest first", async () => {
    const envelope = await makeEnvelope(files);
    const bytes = await collect(packEnvelope(envelope, { level: 0 }));
    expect(await collect(packEnvelope(envelope, { level: 0 }))).toEqual(bytes);
    const at = Buffer.from(bytes).indexOf(files[0]!.bytes);
    expect(at % 64).toBe(0);
    expect(new TextDecoder().decode(bytes.subarray(30, 43))).toBe("manifest.json");
  });

  it("carries attestations outside of what they sign", async () => {
    const envelope = await makeEnvelope(files);
    const attestations = [{ path: "attestations/one.json", bytes: text("{}") }];
    const bytes = await collect(packEnvelope(envelope, { attestations }));
    const back = await openPackage(storedBytes(bytes));
    expect(back.digest).toBe(envelope.digest);
    expect(await back.attestations()).toEqual(attestations);
    const outside = packEnvelope(envelope, { attestations: [{ path: "elsewhere", bytes: text("") }] });
    await expect(collect(outside)).rejects.toThrow(TypeError);
  });

  it("refuses another manifest than the one that was asked for", async () => {
    const bytes = await collect(packEnvelope(await makeEnvelope(files)));
    await expect(openPackage(storedBytes(bytes), { digest: digestOf(text("other")) })).rejects.toThrow(
      expect.objectContaining({ code: "digest_mismatch" }),
    );
  });

  it.skipIf(!present("python3", "-V"))("reads what Python's zipfile writes", async () => {
    const script = `import sys, zipfile
z = zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_DEFLATED)
for name in sys.argv[3:]: z.write(sys.argv[2] + "/" + name, name)
z.close()`;
    const envelope = await makeEnvelope(files.slice(0, 1));
    writeFileSync(join(folder, "manifest.json"), envelope.manifestBytes);
    writeFileSync(join(folder, "weights.bin"), files[0]!.bytes);
    const target = join(folder, "by-python.zip");
    execFileSync("python3", ["-c", script, target, folder, "manifest.json", "weights.bin"]);
    expect(await filesOf(await openPackage(storedBytes(readFileSync(target))))).toEqual(files.slice(0, 1));
  });

  describe.each([0, 9, undefined])("at level %s", (level) => {
    const path = join(folder, `ours-${level}.zip`);
    const written = (async () => {
      const many = Array.from({ length: 70 }, (_, index) => ({ path: `many/${index}`, bytes: text(`${index}`) }));
      const envelope = await makeEnvelope([...files, ...many]);
      writeFileSync(path, await collect(packEnvelope(envelope, level === undefined ? {} : { level })));
    })();

    it.skipIf(!present("unzip", "-v"))("is accepted by unzip", async () => {
      await written;
      expect(execFileSync("unzip", ["-t", path], { encoding: "utf8" })).toContain("No errors detected");
    });

    it.skipIf(!present("python3", "-V"))("is accepted by Python's zipfile", async () => {
      await written;
      const script = `import sys, zipfile
z = zipfile.ZipFile(sys.argv[1])
assert z.testzip() is None
assert z.namelist()[0] == "manifest.json" and len(z.namelist()) == 74
assert z.read("weights.bin") == bytes((i * 31) % 256 for i in range(3000))`;
      expect(spawnSync("python3", ["-c", script, path], { encoding: "utf8" })).toMatchObject({ status: 0, stderr: "" });
    });
  });
});

describe("a damaged package", () => {
  const opened = async (bytes: Uint8Array) => filesOf(await openPackage(storedBytes(bytes)));

  it("is a typed error when cut off anywhere", async () => {
    const bytes = await collect(packEnvelope(await makeEnvelope(files.slice(0, 1))));
    for (let length = 0; length < bytes.length; length++) {
      await expect(opened(bytes.subarray(0, length))).rejects.toSatisfy((error) => isModelkeepError(error));
    }
  });

  it("is a typed error or gives the same files, whatever byte is changed", async () => {
    const only = [{ path: "a.json", bytes: text("[1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]") }];
    for (const level of [0, 9]) {
      const bytes = await collect(packEnvelope(await makeEnvelope(only), { level }));
      for (let at = 0; at < bytes.length; at++) {
        for (const value of [0, 0xff, bytes[at]! ^ 1, bytes[at]! ^ 0x80]) {
          const outcome = await opened(bytes.with(at, value)).catch((error: unknown) => error);
          if (isModelkeepError(outcome)) continue;
          expect(outcome).toEqual(only);
        }
      }
    }
  });
});
