import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

import { generateKey } from "@modelkeep/attest";
import { digestOf } from "@modelkeep/core";
import type { Registry } from "@modelkeep/registry";

import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeAll, expect, test } from "vitest";

import { exportOci, planMlflow, planOci, runImport } from "../src/index.js";
import { newRegistry, vectorFolder } from "./registry.js";

const base = mkdtempSync(join(tmpdir(), "modelkeep-oci-"));
afterAll(() => rmSync(base, { recursive: true }));
const bytesAt = (...path: string[]) => readFileSync(join(base, ...path));
const jsonAt = (...path: string[]) => JSON.parse(bytesAt(...path).toString("utf8"));
const blob = (layout: string, { digest }: { digest: string }) => jsonAt(layout, "blobs/sha256", digest.slice(7));
/** Every file with its bytes' digest. */
const listing = (folder: string) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1))
    .toSorted()
    .map((path) => `${path} ${digestOf(readFileSync(join(folder, path)))}`);

let registry: Registry;
const third = { name: "iris", version: "1" };
beforeAll(async () => {
  registry = await newRegistry();
  await runImport(registry, await planMlflow(vectorFolder("mlflow/model"), { name: "iris" }));
});

test("a version becomes an artifact of raw layers that another registry takes over whole", async () => {
  const envelope = await registry.open("iris@1");
  const { digest, tag, files } = await exportOci(envelope, join(base, "layout"), third);
  expect(tag).toBe("iris-1");
  expect(files).toContain("manifest.json");
  const index = jsonAt("layout", "index.json");
  expect(index.manifests).toMatchObject([
    {
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      artifactType: "application/vnd.cncf.model.manifest.v1+json",
      digest,
      annotations: { "org.opencontainers.image.ref.name": "iris-1" },
    },
  ]);
  const manifest = blob("layout", index.manifests[0]);
  const model = manifest.layers.find(
    (each: { annotations: Record<string, string> }) => each.annotations["org.cncf.model.filepath"] === "model.onnx",
  );
  expect(model).toMatchObject({
    mediaType: "application/vnd.cncf.model.weight.v1.raw",
    digest: envelope.payload("model.onnx")!.digest,
    annotations: { "org.cncf.model.file.mediatype.untested": "false" },
  });
  expect(JSON.parse(model.annotations["org.cncf.model.file.metadata+json"])).toMatchObject({
    name: "model.onnx",
    mode: 420,
    size: model.size,
    typeflag: 48,
  });

  const other = await newRegistry();
  const plan = await planOci(join(base, "layout"));
  const printed = JSON.parse(JSON.stringify(plan));
  expect(printed.versions).toMatchObject([{ name: "iris", label: "v1", from: "iris-1", notes: [] }]);
  expect((await runImport(other, plan)).versions).toMatchObject([
    { outcome: "saved", version: 1, representations: ["pickle", "onnx"] },
  ]);
  expect((await other.open("iris@v1")).digest).toBe(envelope.digest);
  // Nothing was lost: it reproduces the samples that it came with.
  expect((await other.verify("iris@1"))[0]).toMatchObject({ ok: true });
  const again = await runImport(other, await planOci(join(base, "layout")));
  expect(again.versions).toMatchObject([{ outcome: "there already", version: 1 }]);
});

test("the configuration is what the specification's schema asks for", async () => {
  const schema = JSON.parse(readFileSync(new URL("model-spec/config-schema.json", import.meta.url), "utf8"));
  const ajv = new Ajv2020({ formats: { "date-time": (text: string) => !Number.isNaN(Date.parse(text)) } });
  const valid = ajv.compile(schema);
  const target = await newRegistry();
  await runImport(target, await planOci(join(vectorFolder("oci"), "kinds.tar")));
  await exportOci(await registry.open("iris@1"), join(base, "schema"), third);
  await exportOci(await target.open("tiny@1"), join(base, "schema"), { name: "tiny", version: "1" });
  const configs = jsonAt("schema", "index.json").manifests.map((each: { digest: string }) =>
    blob("schema", blob("schema", each).config),
  );
  for (const config of configs) expect(valid(config) ? [] : valid.errors).toEqual([]);
  expect(valid({ ...configs[0], config: { surprise: true } })).toBe(false);
  expect(configs).toMatchObject([
    { descriptor: { name: "iris", version: "1" }, config: { format: "pickle" }, modelfs: { type: "layers" } },
    {
      // What others said and we have no field for comes back.
      descriptor: { vendor: "Example", family: "tiny", licenses: ["MIT"], authors: ["Ada <ada@example.org>"] },
      config: { architecture: "mlp", paramSize: "1.2k", precision: "float32" },
    },
  ]);
});

test("the same version gives the same bytes, as a folder and as a file, and nothing is overwritten", async () => {
  const envelope = await registry.open("iris@1");
  for (const name of ["one", "two", "one.tar", "two.tar"]) await exportOci(envelope, join(base, name), third);
  expect(listing(join(base, "one"))).toEqual(listing(join(base, "two")));
  expect(digestOf(bytesAt("one.tar"))).toBe(digestOf(bytesAt("two.tar")));
  await expect(exportOci(envelope, join(base, "one.tar"), third)).rejects.toMatchObject({ code: "already_exists" });
  expect(await exportOci(envelope, join(base, "one"), third)).toMatchObject({ existing: true });
  const plan = await planOci(join(base, "one.tar"));
  expect((await runImport(await newRegistry(), plan)).versions).toMatchObject([{ outcome: "saved" }]);

  mkdirSync(join(base, "mine"));
  writeFileSync(join(base, "mine/notes.txt"), "mine");
  await expect(exportOci(envelope, join(base, "mine"), third)).rejects.toMatchObject({ code: "already_exists" });
  expect(readdirSync(join(base, "mine"))).toEqual(["notes.txt"]);
});

test("several artifacts share a layout, and are chosen by their tags", async () => {
  const envelope = await registry.open("iris@1");
  const layout = join(base, "several");
  await exportOci(envelope, layout, { ...third, tag: "first" });
  await exportOci(envelope, layout, { name: "iris", version: "2", tag: "second" });
  await expect(exportOci(envelope, layout, { ...third, tag: "second" })).rejects.toMatchObject({
    code: "already_exists",
  });
  await expect(exportOci(envelope, layout, { ...third, tag: "a b" })).rejects.toMatchObject({ code: "invalid_name" });
  expect((await planOci(layout)).versions.map(({ label }) => label)).toEqual(["v1", "v2"]);
  expect((await planOci(layout, { ref: "second" })).versions).toMatchObject([{ from: "second", label: "v2" }]);
  await expect(planOci(layout, { ref: "third" })).rejects.toMatchObject({
    code: "not_found",
    message: expect.stringContaining("it holds first, second"),
  });
});

test("attestations travel with a version and hold where it arrives", async () => {
  const source = await newRegistry();
  await runImport(source, await planMlflow(vectorFolder("mlflow/model"), { name: "iris" }));
  const ada = generateKey("ed25519");
  await source.attest("iris@1", ada.privateKeyPem);
  await exportOci(await source.open("iris@1"), join(base, "attested.tar"), third);
  const other = await newRegistry();
  await runImport(other, await planOci(join(base, "attested.tar")));
  expect(await other.verifyAttestations("iris@1", { keys: [ada.publicKeyPem] })).toMatchObject([{ ok: true }]);
});

test("an export that was cut off is no layout, and goes on where it was", async () => {
  const envelope = await registry.open("iris@1");
  const layout = join(base, "cut");
  const controller = new AbortController();
  const cut = exportOci(envelope, layout, { ...third, signal: controller.signal, progress: () => controller.abort() });
  await expect(cut).rejects.toMatchObject({ code: "aborted" });
  expect(existsSync(join(layout, "index.json"))).toBe(false);
  await expect(planOci(layout)).rejects.toMatchObject({ code: "malformed" });
  await exportOci(envelope, layout, third);
  await exportOci(envelope, join(base, "whole"), third);
  expect(listing(layout)).toEqual(listing(join(base, "whole")));
});

test("bytes that were changed in a layout are not taken, nor are links followed", async () => {
  const envelope = await registry.open("iris@1");
  await exportOci(envelope, join(base, "sound"), third);
  const hex = envelope.payload("model.onnx")!.digest!.slice(7);
  cpSync(join(base, "sound"), join(base, "changed"), { recursive: true });
  const bytes = bytesAt("changed/blobs/sha256", hex);
  bytes[100]! ^= 1;
  writeFileSync(join(base, "changed/blobs/sha256", hex), bytes);
  const { versions } = await runImport(await newRegistry(), await planOci(join(base, "changed")));
  expect(versions).toMatchObject([{ outcome: "failed", notes: [expect.stringContaining("changed or damaged")] }]);
  // Written once more, what is wrong is put right.
  rmSync(join(base, "changed/index.json"));
  await exportOci(envelope, join(base, "changed"), third);
  expect(listing(join(base, "changed"))).toEqual(listing(join(base, "sound")));

  rmSync(join(base, "changed/blobs/sha256", hex));
  symlinkSync(join(base, "sound/blobs/sha256", hex), join(base, "changed/blobs/sha256", hex));
  await expect(planOci(join(base, "changed"))).rejects.toMatchObject({ code: "malformed" });
});

test("artifacts of others come in with what they say of themselves", async () => {
  const target = await newRegistry();
  const plan = await planOci(join(vectorFolder("oci"), "kinds.tar"));
  await runImport(target, plan);
  const { manifest, version } = await target.open("tiny@1.0");
  expect(manifest).toMatchObject({
    description: "Nothing but bytes.",
    author: { name: "Ada", email: "ada@example.org" },
    licence: "MIT",
    tags: { architecture: "mlp", format: "bin", paramSize: "1.2k" },
    source: { git: { remote: "https://example.org/tiny" } },
    data: [{ uri: "https://example.org/rows.csv" }],
    extra: { modelpack: { descriptor: { vendor: "Example" } } },
  });
  expect(version.labels).toEqual(["1.0"]);
  expect(manifest.payloads.map(({ path, role }) => `${role} ${path}`).toSorted()).toEqual([
    "code code/run.py",
    "configuration config.json",
    "dataset rows.csv",
    "documentation LICENSE",
    "documentation README.md",
    "model model.bin",
  ]);

  const kit = await planOci(join(vectorFolder("oci"), "modelkit.tar"));
  await runImport(target, kit);
  expect((await target.open("tiny kit@1.0")).manifest).toMatchObject({ parameters: { depth: 3 }, licence: "MIT" });
  const shards = await planOci(join(vectorFolder("oci"), "shards.tar"), { name: "shards" });
  expect(shards.versions[0]!.files.map(({ role }) => role)).toEqual(["model", "external-data"]);
  const odd = await planOci(join(vectorFolder("oci"), "unknown-layer.tar"));
  expect(odd.versions[0]!.notes).toEqual([expect.stringContaining("application/octet-stream: left out")]);
});

test("a layer that unpacks to far more than it is is refused before the disk is full", async () => {
  // One header that announces a gigabyte, and 80 MiB of zeros: some hundred KiB when it is compressed.
  const header = bytesOfHeader("model.bin", 2 ** 30);
  const bomb = gzipSync(Buffer.concat([header, Buffer.alloc(80 << 20)]), { level: 1 });
  const layout = join(base, "bomb");
  const put = (bytes: Uint8Array) => {
    const digest = digestOf(bytes);
    mkdirSync(join(layout, "blobs/sha256"), { recursive: true });
    writeFileSync(join(layout, "blobs/sha256", digest.slice(7)), bytes);
    return { digest, size: bytes.length };
  };
  const put2 = (value: unknown) => put(Buffer.from(JSON.stringify(value)));
  const config = { descriptor: {}, config: {}, modelfs: { type: "layers", diffIds: [] } };
  const manifest = put2({
    schemaVersion: 2,
    artifactType: "application/vnd.cncf.model.manifest.v1+json",
    config: { mediaType: "application/vnd.cncf.model.config.v1+json", ...put2(config) },
    layers: [{ mediaType: "application/vnd.cncf.model.weight.v1.tar+gzip", ...put(bomb) }],
  });
  const mediaType = "application/vnd.oci.image.manifest.v1+json";
  writeFileSync(join(layout, "oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
  writeFileSync(
    join(layout, "index.json"),
    JSON.stringify({ schemaVersion: 2, manifests: [{ mediaType, ...manifest }] }),
  );
  await expect(planOci(layout)).rejects.toMatchObject({ code: "limit_exceeded" });
});

function bytesOfHeader(name: string, size: number): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write(`${size.toString(8).padStart(11, "0")}\0`, 124);
  header.write("        0", 148);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return header;
}
