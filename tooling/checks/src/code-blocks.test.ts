import { expect, test } from "vitest";
import { codeBlocksOf, programOf } from "./code-blocks.js";

const page = [
  "# Title",
  "```ts",
  "const a = 1;",
  "```",
  "Then",
  "~~~ts continued needs=X",
  "a;",
  "```",
  "~~~",
  "```sh run",
  "ls",
].join("\n");

test("blocks come with their line, language and flags", () => {
  expect(codeBlocksOf(page)).toEqual([
    { line: 3, language: "ts", flags: [], code: "const a = 1;" },
    { line: 7, language: "ts", flags: ["continued", "needs=X"], code: "a;\n```" },
    { line: 11, language: "sh", flags: ["run"], code: "ls" },
  ]);
});

test("a longer fence holds a shorter one, and indentation of the fence is not code", () => {
  const blocks = codeBlocksOf("  ````md\n  ```ts\n    x\n  ```\n  ````\n```ts\ny\n```");
  expect(blocks.map(({ language, code, line }) => ({ language, code, line }))).toEqual([
    { language: "md", code: "```ts\n  x\n```", line: 2 },
    { language: "ts", code: "y", line: 7 },
  ]);
});

test("a program keeps the lines of its page and begins with what it continues", () => {
  const blocks = codeBlocksOf(page);
  const [first, second] = blocks;
  expect(programOf(blocks, first!)).toBe("\n\nconst a = 1;\n");
  expect(programOf(blocks, second!)).toBe("\n\nconst a = 1;\n\n\n\na;\n```\n");
});
