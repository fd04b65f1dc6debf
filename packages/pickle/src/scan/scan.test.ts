import { gzipSync } from "node:zlib";

import { describe, expect, test } from "vitest";

import { bytesOf, joined, zipOf } from "../../test/builders.js";
import { writePickle } from "../write/write-pickle.js";
import { scanBytes } from "./scan.js";

const evil = bytesOf("\x80\x02cposix\nsystem\nX\x04\0\0\0true\x85R.");
const plain = bytesOf("\x80\x02}X\x01\0\0\0aK\x01s.");

function messages(bytes: Uint8Array, path = "model"): string[] {
  return scanBytes(bytes, path).findings.map((finding) => finding.message);
}

describe("a scan", () => {
  test("says what would have run, with its arguments and where", () => {
    const report = scanBytes(evil, "model.pkl");
    expect(report).toMatchObject({ path: "model.pkl", verdict: "dangerous", format: "pickle" });
    expect(report.findings).toEqual([
      {
        verdict: "dangerous",
        kind: "name",
        module: "posix",
        name: "system",
        offset: 2,
        message: "Names posix.system, which runs a shell command",
      },
      {
        verdict: "dangerous",
        kind: "call",
        module: "posix",
        name: "system",
        offset: 26,
        call: 'posix.system("true")',
        message: 'Would call posix.system("true")',
      },
    ]);
    expect(report.globals).toEqual([
      { module: "posix", name: "system", verdict: "dangerous", does: "runs a shell command", count: 1, offset: 2 },
    ]);
  });

  test("goes by content: protocol 0 under any name", () => {
    expect(scanBytes(bytesOf("cos\nsystem\n(S'true'\ntR."), "notes.txt").verdict).toBe("dangerous");
    expect(scanBytes(bytesOf("# Notes\nNothing here.\n"), "notes.txt")).toMatchObject({ format: undefined });
    expect(scanBytes(bytesOf("<!doctype html><title>404</title>"), "model.pkl").verdict).toBe("malformed");
  });

  test("looks into compressed files, ZIP archives and arrays of objects", () => {
    const npy = joined(
      bytesOf("\x93NUMPY\x01\0"),
      [0x3a, 0],
      bytesOf("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }".padEnd(57) + "\n"),
      evil,
    );
    for (const file of [gzipSync(evil), zipOf({ "archive/data.pkl": evil }), npy, zipOf({ "array.npy": npy })])
      expect(scanBytes(new Uint8Array(file), "model").verdict).toBe("dangerous");
    const inside = scanBytes(zipOf({ "archive/data.pkl": plain, "archive/extra": evil }), "model.pt");
    expect(inside.verdict).toBe("dangerous");
    expect(inside.findings[0]?.within).toBe("archive/extra");
  });

  test("an archive with wrong checksums is damaged, whatever some loaders make of it", () => {
    const report = scanBytes(zipOf({ "archive/data.pkl": evil }, 1), "model.pt");
    expect(report.verdict).toBe("malformed");
    expect(report.findings.map((finding) => finding.verdict)).toContain("dangerous");
  });

  test("takes tensors that PyTorch keeps beside the pickle for what they are", () => {
    const state = bytesOf(
      "\x80\x02ccollections\nOrderedDict\n)RX\x01\0\0\0wctorch._utils\n_rebuild_tensor_v2\n((X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\x000X\x03\0\0\0cpuK\x01tQK\0K\x01\x85K\x01\x85\x89ccollections\nOrderedDict\n)RtRs.",
    );
    const report = scanBytes(zipOf({ "m/data.pkl": state, "m/data/0": new Uint8Array(4) }), "model.pt");
    expect(report.findings).toEqual([]);
    expect(report.verdict).toBe("clean");
    expect(scanBytes(state, "model.pkl").verdict).toBe("malformed");
  });

  test("reads on after the first pickle", () => {
    expect(scanBytes(joined(plain, evil), "model").verdict).toBe("dangerous");
    expect(scanBytes(joined(plain, zipOf({ "data.pkl": evil })), "model").verdict).toBe("dangerous");
    expect(scanBytes(joined(plain, new Uint8Array(100)), "model")).toMatchObject({
      verdict: "clean",
      findings: [{ kind: "trailing" }],
    });
  });

  test("looks into bytes that a call is given", () => {
    const nested = joined(bytesOf("\x80\x03cpickle\nloads\nC"), [evil.length], evil, bytesOf("\x85R."));
    expect(messages(nested)).toContain('Would call posix.system("true")');
  });

  test("names the code that cloudpickle carries", () => {
    const lambda = bytesOf(
      "\x80\x03ccloudpickle.cloudpickle\n_make_function\n(ccloudpickle.cloudpickle\n_builtin_type\nX\x08\0\0\0CodeType\x85R(K\x01K\0C\x04abcdNX\x0a\0\0\0<notebook>X\x08\0\0\0<lambda>tR}tR.",
    );
    const report = scanBytes(lambda, "model.pkl");
    expect(report.verdict).toBe("dangerous");
    const code = report.findings.filter((finding) => finding.kind === "code").map((finding) => finding.message);
    expect(code.join("\n")).toContain("a lambda from <notebook>");
  });

  test("keeps an unknown class apart from a dangerous one", () => {
    const unknown = bytesOf("\x80\x02cxgboost.sklearn\nXGBClassifier\n)\x81}b.");
    expect(scanBytes(unknown, "model.pkl")).toMatchObject({
      verdict: "unknown",
      findings: [{ module: "xgboost.sklearn", name: "XGBClassifier", verdict: "unknown" }],
    });
  });

  test("what is written here is clean", async () => {
    const parts: Uint8Array[] = [];
    for await (const part of writePickle({ a: [1, "b", null] })()) parts.push(part);
    expect(scanBytes(joined(...parts), "model.pkl")).toMatchObject({
      verdict: "clean",
      findings: [],
      format: "pickle",
    });
  });
});
