import { deflateSync, gzipSync } from "node:zlib";

import { isModelkeepError } from "@modelkeep/core";
import { describe, expect, test } from "vitest";

import { readPickle, scanBytes } from "../src/index.js";
import { bytesOf, joined, zipOf } from "./builders.js";
import { type HostileVector, hostileVectors, vectorBytes } from "./vectors.js";

type Outcome = HostileVector["read"];

const codes: Readonly<Record<Outcome, readonly string[]>> = {
  "refuse-global": ["pickle_global"],
  "refuse-malformed": ["malformed", "truncated"],
  "refuse-limit": ["limit_exceeded"],
  "refuse-semantic": ["reads"],
  "safe-either": ["reads", "pickle_global", "malformed", "truncated", "limit_exceeded"],
};

const verdicts: Readonly<Record<Outcome, readonly string[]>> = {
  "refuse-global": ["dangerous", "unknown"],
  "refuse-malformed": ["malformed"],
  "refuse-limit": ["limit"],
  "refuse-semantic": ["clean"],
  "safe-either": ["clean", "unknown", "dangerous", "malformed", "limit"],
};

// Too large to be kept; made here.
const generated: readonly (HostileVector & { readonly bytes: () => Uint8Array })[] = [
  made("100,000 nested lists", "refuse-limit", () => joined(repeated(0x5d, 100_000), repeated(0x61, 99_999), [0x2e])),
  made("200,000 nested tuples", "refuse-limit", () => joined([0x29], repeated(0x85, 200_000), [0x2e])),
  made("nested dicts", "refuse-limit", () =>
    joined(...Array.from({ length: 50_000 }, () => bytesOf("}K\0")), [0x4e], repeated(0x73, 49_999 + 1), [0x2e]),
  ),
  made("an integer of 200,000 digits", "refuse-limit", () => bytesOf(`L${"9".repeat(200_000)}L\n.`)),
  made("an integer of 300,000 bytes", "refuse-limit", () =>
    joined([0x8b, 0xe0, 0x93, 4, 0], repeated(1, 300_000), [0x2e]),
  ),
  made("zlib of 1 GiB", "refuse-limit", () => deflateSync(new Uint8Array(2 ** 30), { level: 1 }), 5000),
  made("gzip of 300 MiB", "refuse-limit", () => gzipSync(new Uint8Array(300 * 2 ** 20)), 3000),
  made("gzip in gzip", "refuse-malformed", () => gzipSync(gzipSync(new Uint8Array(1000)))),
  made("a ZIP whose data.pkl is 64 MiB of zeros", "refuse-malformed", () =>
    zipOf({ "archive/data.pkl": new Uint8Array(2 ** 26) }),
  ),
  made("EXT1", "refuse-global", () => bytesOf("\x80\x02\x82\x01.")),
  made("INST", "refuse-global", () => bytesOf("(S'id'\nios\nsystem\n.")),
  made("INST of a known class", "refuse-global", () => bytesOf("(isklearn.pipeline\nPipeline\n.")),
  made("BINPERSID", "refuse-malformed", () => bytesOf("\x80\x02K\x01Q.")),
  made("a known function, called", "refuse-global", () =>
    bytesOf("csklearn.feature_selection._univariate_selection\nf_classif\n(tR."),
  ),
  made("partial of a call's result", "refuse-global", () => bytesOf("cfunctools\npartial\n(cos\ngetcwd\ntR)R.")),
  made("a name computed in a memo", "refuse-global", () => bytesOf("\x80\x04cos\npath\n\x8c\x06system\x93.")),
  made("__setstate__ in a state", "refuse-global", () =>
    bytesOf(
      "\x80\x02csklearn.pipeline\nPipeline\n)\x81}U\x0c__setstate__csklearn.feature_selection._univariate_selection\nf_classif\nsb.",
    ),
  ),
  made("bytearray of a length", "refuse-malformed", () => bytesOf("c__builtin__\nbytearray\n(I1000000000000\ntR.")),
  made(
    "one list, copied by each of many calls",
    "refuse-limit",
    () =>
      joined(
        bytesOf("("),
        repeated(0x4e, 100_000),
        bytesOf("lq\0c__builtin__\nlist\nq\x01("),
        ...Array.from({ length: 20_000 }, () => bytesOf("h\x01h\0\x85R")),
        bytesOf("t."),
      ),
    5000,
  ),
  made("a memo that was never filled", "refuse-malformed", () => bytesOf("h\x07.")),
  made("an array of objects given bytes", "refuse-malformed", () =>
    bytesOf(
      "cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntS'b'\ntR(I1\n(I1\ntcnumpy\ndtype\n(S'O8'\ntRI00\nS'12345678'\ntb.",
    ),
  ),
  made("2^40 elements of no bytes", "refuse-malformed", () =>
    bytesOf(
      "cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntS'b'\ntR(I1\n(I1099511627776\ntcnumpy\ndtype\n(S'V0'\ntRI00\nS''\ntb.",
    ),
  ),
];

function made(
  technique: string,
  read: Outcome,
  bytes: () => Uint8Array,
  milliseconds = 2000,
): HostileVector & { bytes: () => Uint8Array } {
  return { file: technique, technique, read, milliseconds, bytes };
}

function repeated(byte: number, count: number): Uint8Array {
  return new Uint8Array(count).fill(byte);
}

describe("hostile files", () => {
  const all = [
    ...hostileVectors.map((vector) => ({ ...vector, bytes: () => vectorBytes(`hostile/${vector.file}`) })),
    ...generated,
  ];
  for (const { file, technique, read, milliseconds, bytes } of all) {
    test(`${read}: ${file}, ${technique}`, () => {
      const content = bytes();
      const start = performance.now();
      expect(codes[read]).toContain(outcome(content));
      const { verdict, findings } = scanBytes(content, file);
      expect(verdicts[read]).toContain(verdict);
      expect(verdict === "clean" || findings.length > 0).toBe(true);
      expect(performance.now() - start).toBeLessThan(milliseconds * 2);
      expect(Object.keys(Object.prototype)).toEqual([]);
    });
  }
});

function outcome(bytes: Uint8Array): string {
  try {
    readPickle(bytes);
    return "reads";
  } catch (error) {
    if (!isModelkeepError(error)) throw error;
    // A sentence, whatever the file is made of.
    return /^[^\n]{10,500}$/.test(error.message) ? error.code : `a message like ${JSON.stringify(error.message)}`;
  }
}
