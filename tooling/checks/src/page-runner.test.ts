import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { runPage } from "./page-runner.js";
import { root } from "./workspace.js";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function run(markdown: string) {
  const directory = mkdtempSync(join(tmpdir(), "page-"));
  folders.push(directory);
  mkdirSync(join(directory, "node_modules/@types"), { recursive: true });
  symlinkSync(join(root, "node_modules/@types/node"), join(directory, "node_modules/@types/node"), "junction");
  writeFileSync(join(directory, "package.json"), `{"type":"module"}`);
  const page = join(directory, "page.md");
  writeFileSync(page, markdown);
  return runPage(page, { directory, commands: [] });
}

test("blocks run in order, in one folder", async () => {
  const result = await run(
    [
      "```ts\nimport { writeFileSync } from 'node:fs';\nwriteFileSync('a.txt', 'hello');\n```",
      "```sh run\ngrep hello a.txt\n```",
      "```ts no-run\nthrow new Error('never run');\n```",
      "```sh\nfalse\n```",
    ].join("\n"),
  );
  expect(result).toEqual({ passed: 3, failures: [], skipped: [] });
});

test("a failure names the page and the line", async () => {
  const { passed, failures } = await run(
    "# Title\n\n```ts\nconst word: number = 'text';\n```\n```ts\nconst a = 1;\nthrow new Error('oh');\n```\n```sh run\nfalse\n```\n",
  );
  expect(passed).toBe(0);
  expect(failures).toEqual([
    expect.stringMatching(/page\.md:4 does not type-check:\n.*page\.md:4:7: error TS2322/),
    expect.stringMatching(/page\.md:7 fails:\n[^]*page\.md:8/),
    expect.stringMatching(/page\.md:11 fails:\n\+ false/),
  ]);
});

test("a block that needs a server is skipped by name without it", async () => {
  const { passed, skipped } = await run("```ts needs=MODELKEEP_NO_SUCH_SERVER\nthrow new Error('x');\n```\n");
  expect(passed).toBe(0);
  expect(skipped).toEqual([expect.stringMatching(/page\.md:2 \(needs MODELKEEP_NO_SUCH_SERVER\)/)]);
});
