import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { layerFaults } from "./layers.js";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** Faults in a workspace that holds these files; a package.json is added to each package that has none. */
function faultsIn(files: Readonly<Record<string, string>>): readonly string[] {
  const base = mkdtempSync(join(tmpdir(), "layers-"));
  folders.push(base);
  for (const path of Object.keys(files)) {
    const directory = path.split("/").slice(0, 2).join("/");
    const manifest = JSON.stringify({ name: `@modelkeep/${directory.split("/")[1]}` });
    write(base, `${directory}/package.json`, files[`${directory}/package.json`] ?? manifest);
    if (!path.endsWith("package.json")) write(base, path, files[path] ?? "");
  }
  return layerFaults(base);
}

function write(base: string, path: string, content: string): void {
  mkdirSync(dirname(join(base, path)), { recursive: true });
  writeFileSync(join(base, path), content);
}

test("what points down is accepted", () => {
  const faults = faultsIn({
    "packages/core/src/index.ts": `import { z } from "zod"; export { z };`,
    "packages/core/src/node/files.ts": `import { readFile } from "node:fs/promises"; export * from "../digest.js";`,
    "packages/core/src/digest.test.ts": `import { readFileSync } from "node:fs"; import "./node/files.js";`,
    "packages/codec-onnx/src/index.ts": `import "@modelkeep/core/node"; import type { Graph } from "@modelkeep/onnx";`,
    "packages/codec-onnx/test/conformance.test.ts": `import "@modelkeep/testkit"; import "@modelkeep/store-memory";`,
    "packages/store-fs/src/index.ts": `import "@modelkeep/core"; import "node:fs"; import "fs";`,
    "packages/store-fs/package.json": `{"name":"@modelkeep/store-fs","dependencies":{"@modelkeep/core":"workspace:^"},
      "devDependencies":{"@modelkeep/testkit":"workspace:^"}}`,
    "apps/cli/src/main.ts": `import "@modelkeep/store-fs"; import "@modelkeep/codec-onnx";`,
  });
  expect(faults).toEqual([]);
});

const violations: readonly [rule: string, path: string, content: string, message: RegExp][] = [
  ["core imports nothing of ours", "packages/core/src/a.ts", `import "@modelkeep/onnx";`, /core must not import/],
  ["nor as a type", "packages/core/src/a.ts", `import type { A } from "@modelkeep/registry";`, /core must not import/],
  ["nor through a subpath", "packages/core/src/a.ts", `export * from "@modelkeep/onnx/pure";`, /core must not import/],
  [
    "a plugin imports no plugin",
    "packages/codec-json/src/a.ts",
    `await import("@modelkeep/codec-msgpack");`,
    /codec-json must/,
  ],
  [
    "a store uses no format library",
    "packages/store-fs/src/a.ts",
    `import "@modelkeep/safetensors";`,
    /store-fs must not/,
  ],
  [
    "the registry uses core only",
    "packages/registry/src/a.ts",
    `import "@modelkeep/store-fs";`,
    /registry must not import/,
  ],
  ["core is portable", "packages/core/src/a.ts", `\n\nimport "node:fs";`, /a\.ts:3: core runs in browsers/],
  ["also without the prefix", "packages/onnx/src/a.ts", `import { join } from "path";`, /onnx runs in browsers/],
  ["also in a re-export", "packages/safetensors/src/a.ts", `export { join } from "node:path";`, /safetensors runs in/],
  ["core's Node part stays apart", "packages/core/src/a.ts", `export * from "./node/index.js";`, /brings Node into/],
  ["libraries avoid it too", "packages/onnx/src/a.ts", `import "@modelkeep/core/node";`, /onnx runs in browsers/],
  [
    "nothing reaches into a neighbour",
    "packages/registry/test/a.ts",
    `import "../../core/src/a.js";`,
    /leaves the package/,
  ],
  ["a new kind of package is placed first", "packages/gadget/src/a.ts", "", /no layer is known/],
  [
    "dependencies count like imports",
    "packages/pickle/package.json",
    `{"name":"@modelkeep/pickle","peerDependencies":{"@modelkeep/codec-pickle":"*"}}`,
    /pickle must not depend on @modelkeep\/codec-pickle/,
  ],
];

test.each(violations)("%s", (_rule, path, content, message) => {
  expect(faultsIn({ [path]: content })).toEqual([expect.stringMatching(message)]);
});
