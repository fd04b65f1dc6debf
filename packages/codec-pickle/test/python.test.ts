import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { collect } from "@modelkeep/core";
import { pickleOf } from "@modelkeep/pickle";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { joblibCodec, pickleCodec } from "../src/index.js";
import { pickleSamples, tensorSamples } from "./samples.js";

const python = process.env["MODELKEEP_TEST_PYTHON"];

// What Python is to find: written down in Python, by hand, from what samples.ts holds.
const check = String.raw`
import json, math, pickle, sys, warnings
import joblib, numpy as np
warnings.simplefilter("error", DeprecationWarning)

shared = {"a": 1}
expected = {
    "none": None,
    "empty dict": {},
    "scalars": [None, True, False, 0, 1, -1, 255, 256, 65535, 65536, -2**31, 2**31, 2**53 - 1, 0.5, -0.0, math.nan, math.inf],
    "integers": [2**53, 2**63, -2**63, -2**64, 10**400, -2**2047],
    "strings": ["", "plain", "zażółć gęślą jaźń", "\U0001f600", "lone \ud800 surrogate", "a\0b\n", "x" * 300],
    "bytes": [b"", b"\x01\x02\xff", b"\x07" * 300],
    "containers": [(), (1, ("x",)), [[[]]], {1, "a"}, frozenset([2])],
    "keys": {"__proto__": 1, 1: "int", None: "none", 2.5: "float", (1, "a"): "tuple"},
    "shared": [shared, shared],
    "nested": {"model": {"weights": [0.1, 0.2], "labels": ["a", "b"]}},
}
arrays = {
    "float64": np.array([[1, -0.0, np.nan], [np.inf, 5e-324, 0.1]]),
    "float32": np.array([1.5, -2, 3], dtype="f4"),
    "float16": np.array([1, -2], dtype="f2"),
    "int64": np.array([-2**63, 2**63 - 1], dtype="i8"),
    "int32": np.array([[-5, 7]], dtype="i4"),
    "int16": np.array([-5, 7], dtype="i2"),
    "int8": np.array([-5, 7], dtype="i1"),
    "uint64": np.array([2**64 - 1], dtype="u8"),
    "uint32": np.array([2**32 - 1], dtype="u4"),
    "uint16": np.array([65535], dtype="u2"),
    "uint8": np.array([0, 255], dtype="u1"),
    "bool": np.array([False, True]),
    "complex128": np.array([1 - 2j]),
    "string": np.array([["a"], ["zażółć"]], dtype=object),
    "scalar": np.array(42.0),
    "empty": np.zeros((0, 3)),
    "large": (np.arange(3000) / 7).reshape(1000, 3),
}

def same(a, b):
    if type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray):
        if a.dtype != b.dtype or a.shape != b.shape:
            return False
        return a.tolist() == b.tolist() if a.dtype == object else a.tobytes() == b.tobytes()
    if isinstance(a, float):
        return (math.isnan(a) and math.isnan(b)) or (a == b and math.copysign(1, a) == math.copysign(1, b))
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b))
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[k], b[k]) for k in a)
    return a == b

wrong = []
for file, kind, loader in json.load(open(sys.argv[1], encoding="utf-8")):
    if loader == "joblib":
        value = joblib.load(file)
    else:
        with open(file, "rb") as handle:
            value = pickle.load(handle)
    want = arrays if kind == "arrays" else expected[kind]
    if not same(value, want):
        wrong.append(f"{file} ({kind}): {value!r}"[:500])
    if kind == "shared" and value[0] is not value[1]:
        wrong.append("what was one object is two")
    if kind == "arrays":
        value["float64"][0, 0] = 3  # arrays can be written to
print(json.dumps(wrong))
`;

describe.skipIf(python === undefined)("what Python reads", () => {
  let folder = "";
  beforeAll(() => (folder = mkdtempSync(join(tmpdir(), "modelkeep-pickle-"))));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("pickle.load and joblib.load give back what was written, in every form", { timeout: 120_000 }, async () => {
    const jobs: [string, string, string][] = [];
    const models = [
      ...pickleSamples().map(({ name, model }) => ({ kind: name, model })),
      { kind: "arrays", model: pickleOf(tensorSamples()) },
    ];
    for (const protocol of [4, 5] as const) {
      for (const compression of [undefined, "zlib", "gzip"] as const) {
        const options = compression === undefined ? { protocol } : { protocol, compression };
        for (const codec of [pickleCodec(), joblibCodec()]) {
          if (codec.name === "pickle" && compression !== undefined) continue;
          for (const { kind, model } of models) {
            const [source] = await codec.encode(model, options);
            const file = join(folder, `${jobs.length}${codec.extensions[0]}`);
            writeFileSync(file, await collect(source!.open()));
            jobs.push([file, kind, codec.name]);
            // joblib reads plain pickles as well.
            if (codec.name === "pickle") jobs.push([file, kind, "joblib"]);
          }
        }
      }
    }
    writeFileSync(join(folder, "jobs.json"), JSON.stringify(jobs));
    const output = execFileSync(python!, ["-c", check, join(folder, "jobs.json")], { encoding: "utf8" });
    expect(JSON.parse(output)).toEqual([]);
  });
});
