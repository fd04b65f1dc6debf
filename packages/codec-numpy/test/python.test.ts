import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { collectPayloads, memoryPayloads, Tensor, tensorBytes, tensorFromBytes } from "@modelkeep/core";
import { afterAll, describe, expect, test } from "vitest";

import { numpyCodec } from "../src/index.js";

const python = process.env["MODELKEEP_TEST_PYTHON"];
const folder = mkdtempSync(join(tmpdir(), "modelkeep-numpy-"));
afterAll(() => rmSync(folder, { recursive: true }));

const load = `
import json, sys, numpy
found = numpy.load(sys.argv[1], allow_pickle=False)
told = lambda a: {"dtype": str(a.dtype), "shape": list(a.shape), "hex": a.tobytes().hex()} if a.dtype.kind != "U" else a.tolist()
print(json.dumps({name: told(found[name]) for name in found.files}))
`;

const write = `
import sys, numpy
folder = sys.argv[1]
plain = dict(f=numpy.asfortranarray(numpy.arange(6.).reshape(2, 3)), big=numpy.arange(3, dtype=">i4"), flags=numpy.array([True, False]))
numpy.savez(folder + "/plain.npz", **plain)
numpy.savez_compressed(folder + "/packed.npz", **plain)
numpy.save(folder + "/one.npy", numpy.arange(4, dtype="f4"))
numpy.savez(folder + "/texts.npz", words=numpy.array(["a", "bcd"]), objects=numpy.array(["x", "yz"], dtype=object))
numpy.savez(folder + "/records.npz", rows=numpy.array([(1, 2.5), (3, 4.5)], dtype=[("count", "<i4"), ("price", "<f8")]))
numpy.savez(folder + "/objects.npz", mixed=numpy.array([1, "a"], dtype=object))
`;

const dtypes = ["float64", "float32", "float16", "int64", "int32", "int16", "int8", "uint64", "uint8"] as const;

describe.skipIf(python === undefined)("NumPy (needs MODELKEEP_TEST_PYTHON)", () => {
  test("loads what we write, without pickles", async () => {
    const tensors = new Map<string, Tensor>([
      ...dtypes.map((dtype): [string, Tensor] => {
        const bytes = (4 * Number(/\d+$/.exec(dtype)![0])) / 8;
        return [dtype, tensorFromBytes(dtype, [2, 2], new Uint8Array(bytes).fill(1))];
      }),
      ["scalar", new Tensor("float64", [], Float64Array.of(0.5))],
      ["words", new Tensor("string", [2], ["é", "longer"])],
    ]);
    for (const level of [0, 6]) {
      const files = await collectPayloads(await numpyCodec({ level }).encode({ tensors, metadata: new Map() }));
      const path = join(folder, "ours.npz");
      writeFileSync(path, await files.main.bytes());
      const found = JSON.parse(execFileSync(python!, ["-c", load, path], { encoding: "utf8" })) as object;
      const expected = Array.from(tensors, ([name, tensor]) => [
        name,
        tensor.dtype === "string"
          ? tensor.data
          : { dtype: tensor.dtype, shape: tensor.shape, hex: Buffer.from(tensorBytes(tensor)).toString("hex") },
      ]);
      expect(found).toEqual(Object.fromEntries(expected));
    }
  });

  test("writes what we read", async () => {
    execFileSync(python!, ["-c", write, folder]);
    const read = async (name: string) => {
      const bytes = new Uint8Array(readFileSync(join(folder, name)));
      return (await numpyCodec().decode(memoryPayloads([{ path: name, bytes }]))).tensors;
    };
    const plain = new Map([
      ["f", new Tensor("float64", [2, 3], Float64Array.of(0, 1, 2, 3, 4, 5))],
      ["big", new Tensor("int32", [3], Int32Array.of(0, 1, 2))],
      ["flags", new Tensor("bool", [2], Uint8Array.of(1, 0))],
    ]);
    expect(await read("plain.npz")).toEqual(plain);
    expect(await read("packed.npz")).toEqual(plain);
    expect(await read("one.npy")).toEqual(
      new Map([["array", new Tensor("float32", [4], Float32Array.of(0, 1, 2, 3))]]),
    );
    expect(await read("texts.npz")).toEqual(
      new Map([
        ["words", new Tensor("string", [2], ["a", "bcd"])],
        ["objects", new Tensor("string", [2], ["x", "yz"])],
      ]),
    );
    expect(await read("records.npz")).toEqual(
      new Map([
        ["rows.count", new Tensor("int32", [2], Int32Array.of(1, 3))],
        ["rows.price", new Tensor("float64", [2], Float64Array.of(2.5, 4.5))],
      ]),
    );
    await expect(read("objects.npz")).rejects.toMatchObject({ code: "unsupported" });
  });
});
