import { createHash } from "node:crypto";

import { isModelkeepError } from "@modelkeep/core";
import { expect, test } from "vitest";

import { readCheckpoint, writeCheckpoint } from "./checkpoint.js";
import { merkleRoot } from "./merkle-root.js";

const sha256 = (...parts: Uint8Array[]) => createHash("sha256").update(Buffer.concat(parts)).digest();

/** RFC 6962, section 2.1, as it is written there. */
function rfc6962(leaves: readonly Uint8Array[]): Buffer {
  if (leaves.length === 0) return sha256();
  if (leaves.length === 1) return sha256(Uint8Array.of(0), leaves[0]!);
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return sha256(Uint8Array.of(1), rfc6962(leaves.slice(0, k)), rfc6962(leaves.slice(k)));
}

test("the root is that of RFC 6962, for every number of leaves", () => {
  for (let count = 0; count <= 70; count++) {
    const leaves = Array.from({ length: count }, (_, index) => new TextEncoder().encode(`leaf ${index}`));
    expect(Buffer.from(merkleRoot(leaves)).equals(rfc6962(leaves))).toBe(true);
  }
});

const heads = ["b", "Ä b", "a"].map((model, index) => ({
  model,
  length: index + 1,
  head: `sha256:${"0f".repeat(32)}` as const,
}));

test("a checkpoint is read as it was written, its models in order", () => {
  const text = writeCheckpoint({ origin: "example.org/r", heads });
  expect(text.split("\n").slice(0, 2)).toEqual(["example.org/r", "3"]);
  expect(readCheckpoint(text)).toEqual({ origin: "example.org/r", heads: [heads[2], heads[0], heads[1]] });
  expect(readCheckpoint(writeCheckpoint({ origin: "o", heads: [] }))).toEqual({ origin: "o", heads: [] });
});

test("what is not in the form is refused", () => {
  const text = writeCheckpoint({ origin: "o", heads });
  const lines = text.split("\n");
  const bad = [
    text.replace("\n3\n", "\n2\n"),
    text.replace("1 ", "01 "),
    text.replace("Dw8P", "Dw8Q"),
    lines.with(3, lines[4]!).with(4, lines[3]!).join("\n"),
    lines.toSpliced(3, 1).join("\n").replace("\n3\n", "\n2\n"),
    `${text}extra\n`,
    "o\n",
    "",
  ];
  for (const each of bad) {
    let code = "ok";
    try {
      readCheckpoint(each);
    } catch (error) {
      if (!isModelkeepError(error)) throw error;
      code = error.code;
    }
    expect([each, code]).toEqual([each, "malformed"]);
  }
  expect(() => writeCheckpoint({ origin: "two words", heads })).toThrow("no spaces");
});
