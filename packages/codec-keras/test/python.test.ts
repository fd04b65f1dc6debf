import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { collectPayloads, type Tensor, tensorBytes, tensorFromBytes } from "@modelkeep/core";
import { afterAll, describe, expect, test } from "vitest";

import { kerasCodec } from "../src/index.js";
import { payloads, vector } from "./support.js";

const python = process.env["MODELKEEP_TEST_H5PY"];
const folder = mkdtempSync(join(tmpdir(), "modelkeep-keras-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Opens each array by its path, which is how Keras finds them, and tells what is in it. */
const load = `
import h5py, json, sys, zipfile
found = {}
path = sys.argv[1]
if path.endswith(".keras"):
    archive = zipfile.ZipFile(path)
    assert archive.testzip() is None
    path = archive.open("model.weights.h5")
with h5py.File(path, "r") as file:
    paths = []
    file.visititems(lambda name, item: paths.append(name) if isinstance(item, h5py.Dataset) else None)
    for name in paths:
        item = file[name]
        dtype = item.attrs["dtype"] if item.dtype.kind == "V" else str(item.dtype)
        found[name] = {"dtype": dtype, "shape": list(item.shape), "hex": item[()].tobytes().hex()}
print(json.dumps(found))
`;

type Tensors = ReadonlyMap<string, Tensor>;

async function throughPython(tensors: Tensors, metadata: ReadonlyMap<string, string>): Promise<unknown> {
  const { main } = await collectPayloads(await kerasCodec().encode({ tensors, metadata }));
  const path = join(folder, main.path);
  writeFileSync(path, await main.bytes());
  return JSON.parse(execFileSync(python!, ["-c", load, path], { encoding: "utf8", maxBuffer: 2 ** 26 }));
}

function told(tensors: Tensors): unknown {
  const entries = Array.from(tensors, ([name, tensor]) => [
    name,
    { dtype: tensor.dtype, shape: tensor.shape, hex: Buffer.from(tensorBytes(tensor)).toString("hex") },
  ]);
  return Object.fromEntries(entries);
}

describe.skipIf(python === undefined)("h5py (needs MODELKEEP_TEST_H5PY)", () => {
  test.each(["table.keras", "small.keras", "words.keras", "edges.weights.h5"])(
    "reads what we write: %s",
    async (name) => {
      const { tensors, metadata } = await kerasCodec().decode(payloads(vector(name)));
      expect(await throughPython(tensors, metadata)).toEqual(told(tensors));
    },
  );

  test("finds each of many names, in whatever order they were given", async () => {
    const tensors = new Map(
      Array.from({ length: 3000 }, (_, index): [string, Tensor] => [
        `couches/é${(index * 7919) % 3000}`,
        tensorFromBytes("uint8", [1], Uint8Array.of(index % 256)),
      ]),
    );
    expect(await throughPython(tensors, new Map())).toEqual(told(tensors));
  });
});
