import { readFileSync } from "node:fs";

import { collect, isModelkeepError, tensorBytes } from "@modelkeep/core";
import { describe, expect, test } from "vitest";

import { readTorch, writeTorch } from "../src/index.js";

interface Described {
  readonly tensors?: Readonly<Record<string, { dtype: string; shape: readonly number[]; hex: string }>>;
  readonly values?: Readonly<Record<string, unknown>>;
  readonly refused?: string;
}

const folder = new URL("../../../vectors/torch/", import.meta.url);

function bytesOf(name: string): ArrayBuffer {
  return new Uint8Array(readFileSync(new URL(name, folder))).buffer;
}

/** Those of a version: of PyTorch 1.13 in the folder itself, of later ones in folders of their own. */
function filesIn(subfolder: string) {
  const index = JSON.parse(readFileSync(new URL(`${subfolder}index.json`, folder), "utf8")) as Record<
    string,
    Described
  >;
  const files = Object.entries(index).map(([name, told]) => ({ name: subfolder + name, ...told }));
  return {
    refusals: files.flatMap(({ name, refused }) => (refused === undefined ? [] : [{ name, refused }])),
    readable: files.filter(({ refused }) => refused === undefined),
  };
}

describe.each([
  ["PyTorch 1.13", ""],
  ["PyTorch 2.9", "2.9/"],
])("files that %s wrote", (_, subfolder) => {
  const { refusals, readable } = filesIn(subfolder);

  test.each(readable)("$name", ({ name, tensors, values = {} }) => {
    const file = readTorch(bytesOf(name));
    const found = Array.from(file.tensors, ([key, tensor]) => [
      key,
      { dtype: tensor.dtype, shape: tensor.shape, hex: Buffer.from(tensorBytes(tensor)).toString("hex") },
    ]);
    expect(Object.fromEntries(found)).toEqual(tensors);
    expect(Object.fromEntries(file.values)).toMatchObject(values);
  });

  test.each(refusals)("$name is refused: $refused", ({ name, refused }) => {
    expect(() => readTorch(bytesOf(name))).toThrow(expect.objectContaining({ code: refused }));
  });

  test("whole modules are refused with what to do instead", () => {
    expect(() => readTorch(bytesOf(`${subfolder}module.pt`))).toThrow(/state_dict.*onnx\.export/);
    expect(() => readTorch(bytesOf(`${subfolder}script.pt`))).toThrow(/TorchScript/);
  });
});

test("contiguous tensors are views on the file, windows of one storage are told", () => {
  const buffer = bytesOf("layouts.pt");
  const file = readTorch(buffer);
  expect(tensorBytes(file.tensors.get("whole")!).buffer).toBe(buffer);
  expect(Object.fromEntries(file.shared)).toEqual({ window: "transposed", whole: "transposed" });
});

test("what is written is read back the same", async () => {
  const { tensors } = readTorch(bytesOf("dtypes.pt"));
  const values = new Map<string, string | number | boolean | null>([
    ["epoch", 3],
    ["large", 2 ** 40],
    ["loss", -0.5],
    ["note", "é"],
    ["none", null],
    ["yes", true],
  ]);
  const again = readTorch((await collect(writeTorch(tensors, values)())).buffer);
  expect(again.tensors).toEqual(tensors);
  expect(again.values).toEqual(values);
});

describe("hostile files", () => {
  const good = new Uint8Array(bytesOf("layouts.pt"));

  test("cut or changed anywhere, a file gives its tensors or a typed error", () => {
    for (const name of ["layouts.pt", "layouts-legacy.pt"]) {
      const bytes = new Uint8Array(bytesOf(name));
      for (let length = 0; length < bytes.length; length += 3)
        expect(() => readTorch(bytes.slice(0, length).buffer)).toThrow(
          expect.objectContaining({ code: expect.any(String) }),
        );
      for (let at = 0; at < bytes.length; at += 7) {
        const changed = bytes.slice();
        changed[at] = (changed[at] as number) ^ 0xff;
        expect(outcomeOf(changed)).toMatch(/^(read|malformed|truncated|unsupported|pickle_global|limit_exceeded)$/);
      }
    }
  });

  test("a tensor that reaches beyond its storage, or repeats it without end, allocates nothing", () => {
    for (const [find, put] of [
      // The shape (2, 3, 4) of "whole", and the size 5 of "expanded": BININT1 operands in the pickle.
      ["K\x02K\x03K\x04\x87", "K\xffK\xffK\xff\x87"],
      ["K\x05\x85", "K\xff\x85"],
    ] as const) {
      const at = Buffer.from(good).lastIndexOf(find, undefined, "latin1");
      expect(at).toBeGreaterThan(0);
      const changed = good.slice();
      changed.set(Buffer.from(put, "latin1"), at);
      expect(() => readTorch(changed.buffer)).toThrow(expect.objectContaining({ code: "malformed" }));
    }
  });

  test("a storage with another checksum than listed is refused", () => {
    const changed = good.slice();
    const at = Buffer.from(good).indexOf(Buffer.from(Float32Array.of(5, 6, 7, 8).buffer));
    changed[at] = 0x55;
    expect(() => readTorch(changed.buffer)).toThrow(/checksum/);
  });
});

function outcomeOf(bytes: Uint8Array<ArrayBuffer>): string {
  try {
    readTorch(bytes.buffer);
    return "read";
  } catch (error) {
    return isModelkeepError(error) ? error.code : String(error);
  }
}
