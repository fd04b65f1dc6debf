import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { collect, digestOf } from "@modelkeep/core";
import type { Registry } from "@modelkeep/registry";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { exportOci, planMlflow, planOci, runImport } from "../src/index.js";
import { newRegistry, vectorFolder } from "./registry.js";

const oras = process.env["MODELKEEP_TEST_ORAS"];
const skopeo = process.env["MODELKEEP_TEST_SKOPEO"];
const base = mkdtempSync(join(tmpdir(), "modelkeep-oci-tools-"));
afterAll(() => rmSync(base, { recursive: true }));
const layout = join(base, "layout");
const run = (command: string, ...args: string[]) =>
  execFileSync(command, args, { encoding: "utf8", cwd: base, stdio: ["ignore", "pipe", "pipe"] });

let registry: Registry;
let digest: string;
beforeAll(async () => {
  if (oras === undefined && skopeo === undefined) return;
  registry = await newRegistry();
  await runImport(registry, await planMlflow(vectorFolder("mlflow/model"), { name: "iris" }));
  ({ digest } = await exportOci(await registry.open("iris@1"), layout, { name: "iris", version: "1" }));
});

/** A copy that a tool made is the version that was exported. */
async function expectSame(copy: string): Promise<void> {
  const other = await newRegistry();
  const { versions } = await runImport(other, await planOci(copy));
  expect(versions).toMatchObject([{ outcome: "saved", notes: [] }]);
  expect((await other.open("iris@1")).digest).toBe((await registry.open("iris@1")).digest);
}

describe.skipIf(skopeo === undefined)("skopeo (needs MODELKEEP_TEST_SKOPEO)", () => {
  test("copies what we write, blob by blob, and what it copied is read again", async () => {
    run(skopeo!, "copy", "--insecure-policy", `oci:${layout}:iris-1`, `oci:${join(base, "by-skopeo")}:copied`);
    await expectSame(join(base, "by-skopeo"));
    const manifest = run(skopeo!, "inspect", "--raw", `oci:${layout}:iris-1`);
    expect(digestOf(new TextEncoder().encode(manifest))).toBe(digest);
  });
});

describe.skipIf(oras === undefined)("oras (needs MODELKEEP_TEST_ORAS)", () => {
  test("pulls the files of what we write under their names, and copies it whole", async () => {
    expect(run(oras!, "resolve", "--oci-layout", `${layout}:iris-1`).trim()).toBe(digest);
    const files = join(base, "files");
    run(oras!, "pull", "--oci-layout", `${layout}:iris-1`, "--output", files);
    const envelope = await registry.open("iris@1");
    for (const { path } of envelope.manifest.payloads)
      expect(new Uint8Array(readFileSync(join(files, path)))).toEqual(
        new Uint8Array(await collect(envelope.payload(path)!.stream())),
      );
    expect(new Uint8Array(readFileSync(join(files, "manifest.json")))).toEqual(new Uint8Array(envelope.manifestBytes));

    const copy = join(base, "by-oras");
    run(oras!, "cp", "--from-oci-layout", `${layout}:iris-1`, "--to-oci-layout", `${copy}:copied`);
    await expectSame(copy);
    expect(run(oras!, "manifest", "fetch-config", "--oci-layout", `${layout}:iris-1`)).toContain('"name":"iris"');
  });

  test("reads our tar file", async () => {
    await exportOci(await registry.open("iris@1"), join(base, "iris.tar"), { name: "iris", version: "1" });
    expect(run(oras!, "resolve", "--oci-layout", `${join(base, "iris.tar")}:iris-1`).trim()).toBe(digest);
  });

  test("makes artifacts that we read: files as they are, and an archive by tar and gzip", async () => {
    const config = {
      descriptor: { name: "pushed", version: "2.0", licenses: ["MIT"] },
      config: { format: "bin" },
      modelfs: { type: "layers", diffIds: [] },
    };
    writeFileSync(join(base, "config.json"), JSON.stringify(config));
    writeFileSync(join(base, "weights.bin"), "weights");
    writeFileSync(join(base, "README.md"), "Pushed by oras.");
    run("tar", "--create", "--gzip", "--file", "docs.tgz", "README.md");
    run(
      oras!,
      "push",
      "--oci-layout",
      `${join(base, "pushed")}:v2`,
      "--artifact-type",
      "application/vnd.cncf.model.manifest.v1+json",
      "--config",
      "config.json:application/vnd.cncf.model.config.v1+json",
      "weights.bin:application/vnd.cncf.model.weight.v1.raw",
      "docs.tgz:application/vnd.cncf.model.doc.v1.tar+gzip",
    );
    const other = await newRegistry();
    const { versions } = await runImport(other, await planOci(join(base, "pushed"), { ref: "v2" }));
    expect(versions).toMatchObject([{ name: "pushed", label: "2.0", outcome: "saved" }]);
    const { manifest, payload } = await other.open("pushed@2.0");
    expect(manifest).toMatchObject({ licence: "MIT", tags: { format: "bin" } });
    expect(manifest.payloads.map(({ path }) => path).toSorted()).toEqual(["README.md", "weights.bin"]);
    expect(new TextDecoder().decode(await payload("README.md")!.bytes())).toBe("Pushed by oras.");
  });
});
