import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

import { afterAll, expect, test, vi } from "vitest";

import { planModelstore, runImport } from "../src/index.js";
import { newRegistry, vectorFolder } from "./registry.js";

const base = mkdtempSync(join(tmpdir(), "modelkeep-modelstore-"));
afterAll(() => rmSync(base, { recursive: true }));
const store = vectorFolder("modelstore");
const expected = JSON.parse(readFileSync(join(vectorFolder("bentoml"), "expected.json"), "utf8")) as {
  readonly rows: number[][];
  readonly first: number[];
  readonly second: number[];
};
// A folder for temporary files of this test's own, so that what is left in it is seen.
for (const name of ["TMPDIR", "TEMP", "TMP"]) vi.stubEnv(name, base);
const unpacked = () => readdirSync(base).filter((name) => name.startsWith("modelkeep-import-"));

/** A copy of the store, with the path of its first archive. */
function copy(): { readonly folder: string; readonly archive: string } {
  const folder = mkdtempSync(join(base, "case-"));
  cpSync(store, folder, { recursive: true });
  const wine = join(folder, "operatorai-model-store/wine");
  const day = readdirSync(wine).find((name) => name.startsWith("20"))!;
  return { folder, archive: join(wine, day, readdirSync(join(wine, day))[0]!, "artifacts.tar.gz") };
}

test("domains become models, uploads versions in the order of their making; deleted ones are left", async () => {
  const { kind, versions, left } = await planModelstore(store);
  expect(kind).toBe("a file system of modelstore");
  expect(versions.map(({ name, label, aliases }) => [name, label.length, aliases])).toEqual([
    ["wine", 36, []],
    ["wine", 36, []],
    ["wine-graph", 36, []],
  ]);
  expect(left).toEqual([
    { path: expect.stringContaining("wine/versions/modelstore-deleted/"), reason: "deleted in modelstore" },
  ]);
  expect(versions[0]).toMatchObject({
    files: [
      { file: "model.joblib", path: "model.joblib", role: "model" },
      { file: "model-info.json", path: "model-info.json", role: "modelstore" },
    ],
    metadata: {
      author: { name: "ada" },
      metrics: { accuracy: 1 },
      source: { git: { commit: "9f2c".repeat(10), branch: "main", dirty: true } },
      environment: { runtime: { name: "python" } },
      extra: {
        note: "the first",
        modelstore: { version: "0.0.82", type: { library: "sklearn", type: "Pipeline" } },
      },
    },
  });
  expect(versions[0]!.metadata.requirements).toContainEqual({
    ecosystem: "pypi",
    name: "scikit-learn",
    version: "1.9.1",
  });
  expect(versions[0]!.metadata.requirements!.map(({ name }) => name)).not.toContain("pip");
  expect(versions[0]!.metadata.extra!["modelstore"]).toMatchObject({ states: ["candidate", "production"] });
  expect(versions[2]!.files.map(({ path, role }) => [path, role])).toContainEqual(["extras/readme.md", "attachment"]);
  expect((await planModelstore(join(store, "operatorai-model-store"))).versions).toHaveLength(3);
});

test("archives are unpacked for the import only, and the models predict the same; states become aliases when asked", async () => {
  const registry = await newRegistry();
  const plan = await planModelstore(store, { states: true });
  const { versions } = await runImport(registry, plan);
  expect(versions.map(({ outcome, representations, notes }) => [outcome, representations, notes])).toEqual([
    ["saved", ["joblib", "onnx"], []],
    ["saved", ["joblib", "onnx"], []],
    ["saved", ["onnx"], []],
  ]);
  expect(unpacked()).toEqual([]);
  // Two are candidates: the newer one is it.
  expect((await registry.show("wine")).aliases).toEqual({ production: 1, candidate: 2 });
  for (const [reference, labels] of [
    ["wine@production", expected.first],
    ["wine@candidate", expected.second],
    ["wine-graph@1", expected.first],
  ] as const) {
    await using live = await registry.load(reference);
    const { rows } = await live.predict(expected.rows);
    expect(rows.map((row) => Number(row["label"]))).toEqual(labels);
  }
  const again = await runImport(registry, plan);
  expect(again.versions.every(({ outcome }) => outcome === "there already")).toBe(true);
});

test("states that are not asked for, and aliases of versions that are there already, are told, not made", async () => {
  const registry = await newRegistry();
  const first = await runImport(registry, await planModelstore(store));
  expect(first.versions[0]!.notes).toEqual([
    "in the states candidate and production: kept under extra.modelstore, no alias was made",
  ]);
  const { versions } = await runImport(registry, await planModelstore(store, { states: true }));
  expect((await registry.show("wine")).aliases).toEqual({});
  expect(versions[0]!.notes).toEqual([
    "was there already, so no alias was made: modelkeep alias wine@1 production makes it",
  ]);
});

test.each([
  [
    "an archive that leads out of its folder",
    gzipSync(readFileSync(vectorFolder("tar/parent.tar"))),
    /leaves the envelope/u,
  ],
  [
    "an archive behind a link",
    gzipSync(readFileSync(vectorFolder("tar/below-link.tar"))),
    /where it has a link already/u,
  ],
  [
    "an archive that is cut",
    gzipSync(readFileSync(vectorFolder("tar/good-posix.tar"))).subarray(0, 300),
    /ends before its end/u,
  ],
  ["no archive", Buffer.from("not an archive at all".repeat(40)), /is no tar archive/u],
  ["nothing", Buffer.alloc(0), /ends before its end/u],
])("%s is left, with the reason, and the others come over", async (_, bytes, reason) => {
  const { folder, archive } = copy();
  writeFileSync(archive, bytes);
  const { versions, left } = await planModelstore(folder);
  expect(versions).toHaveLength(2);
  expect(left).toContainEqual({
    path: expect.stringContaining("wine/versions/"),
    reason: expect.stringMatching(reason),
    failed: true,
  });
});

test("an archive that is gone, or that a summary seeks elsewhere, is left", async () => {
  const { folder, archive } = copy();
  rmSync(archive);
  const versions = join(folder, "operatorai-model-store/wine-graph/versions");
  const summary = join(versions, readdirSync(versions)[0]!);
  const about = JSON.parse(readFileSync(summary, "utf8")) as { storage: { path: string } };
  about.storage.path = "/srv/operatorai-model-store/../../../etc/passwd";
  writeFileSync(summary, JSON.stringify(about));
  const plan = await planModelstore(folder);
  expect(plan.versions).toHaveLength(1);
  expect(plan.left.filter(({ reason }) => reason.startsWith("its archive is not below this folder"))).toHaveLength(2);
  await expect(planModelstore(vectorFolder("tar"))).rejects.toMatchObject({ code: "not_found" });
});

test("an archive that changes between plan and import fails its version alone, and leaves nothing behind", async () => {
  const { folder, archive } = copy();
  const plan = await planModelstore(folder);
  writeFileSync(archive, gzipSync(readFileSync(vectorFolder("tar/good-python.tar"))));
  const { versions } = await runImport(await newRegistry(), plan);
  expect(versions.map(({ outcome }) => outcome)).toEqual(["failed", "saved", "saved"]);
  expect(versions[0]!.notes.at(-1)).toBe("artifacts.tar.gz does not hold model-info.json any more");
  expect(unpacked()).toEqual([]);
});
