import { readFileSync } from "node:fs";

import { openNote, parseVerifierKey } from "@modelkeep/attest";
import { expect, test } from "vitest";

import { readCheckpoint } from "../../src/audit/checkpoint.js";
import { readEntry } from "../../src/entry.js";

const page = (name: string) => readFileSync(new URL(`../../../../spec/${name}.md`, import.meta.url), "utf8");
const block = (kind: string) =>
  new RegExp(`^\`\`\`text ${kind}\n([\\s\\S]*?)^\`\`\`$`, "mu").exec(page("checkpoints"))![1]!;

test("the specification's checkpoint is of the history that the other page shows", () => {
  const verifier = parseVerifierKey(block("verifier"));
  const { text, signedBy } = openNote(block("note"), [verifier]);
  expect(signedBy).toEqual(["models.example.org/risk"]);
  const [, second] = [...page("registry-log").matchAll(/^```json entry ?\S*\n([\s\S]*?)^```$/gmu)];
  const { digest } = readEntry(new TextEncoder().encode(second![1]), "the second example");
  expect(readCheckpoint(text).heads).toEqual([{ model: "lines", length: 2, head: digest }]);
});
