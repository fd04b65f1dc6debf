import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

import { isModelkeepError, memoryPayloads, type PayloadSet, tensorBytes } from "@modelkeep/core";
import { describe, expect, test } from "vitest";

import { dangerOf, readSavedModel, readVariables } from "../src/index.js";

interface Told {
  readonly variables: Readonly<Record<string, { dtype: string; shape: readonly number[]; hex: string }>>;
}

const folder = new URL("../../../vectors/savedmodel/", import.meta.url).pathname;
const index = JSON.parse(readFileSync(join(folder, "index.json"), "utf8")) as Record<string, Told>;

function filesOf(name: string, change?: (path: string, bytes: Uint8Array) => Uint8Array): PayloadSet {
  const root = join(folder, name);
  const paths = readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .toSorted((a, b) => Number(b === "saved_model.pb") - Number(a === "saved_model.pb"));
  return memoryPayloads(
    paths.map((path) => {
      const bytes = new Uint8Array(readFileSync(join(root, path)));
      return { path, bytes: change?.(path, bytes) ?? bytes };
    }),
  );
}

async function variablesOf(files: PayloadSet) {
  const variables = (await readVariables(files))!;
  const read = async (each: (typeof variables.list)[number]) => {
    const tensor = await variables.read(each);
    const hex = tensor.dtype === "string" ? "" : Buffer.from(tensorBytes(tensor)).toString("hex");
    return [each.name, { dtype: tensor.dtype, shape: tensor.shape, hex }] as const;
  };
  return new Map(await Promise.all(variables.list.map(read)));
}

describe("SavedModels that TensorFlow wrote", () => {
  test("tags, version, signatures and operators", async () => {
    const { metaGraphs, version } = readSavedModel(await filesOf("dense").main.bytes());
    expect(version).toBe(1);
    expect(metaGraphs).toHaveLength(1);
    expect(metaGraphs[0]).toMatchObject({ tags: ["serve"], tensorflow: "2.21.0" });
    const serving = metaGraphs[0]!.signatures.find(({ name }) => name === "serving_default");
    expect(serving).toMatchObject({
      method: "tensorflow/serving/predict",
      inputs: [{ name: "features", dtype: "float32", shape: [null, 4] }],
      outputs: [{ name: "output_0", dtype: "float32", shape: [null, 2] }],
    });
    expect(metaGraphs[0]!.operators.get("MatMul")).toBeGreaterThan(1);
  });

  test("operators that reach beyond the numbers are told from those that do not", async () => {
    const named = async (name: string) => {
      const { metaGraphs } = readSavedModel(await filesOf(name).main.bytes());
      return [...metaGraphs[0]!.operators.keys()].filter((operator) => dangerOf(operator) !== undefined).toSorted();
    };
    expect(await named("hostile")).toEqual(["ReadFile", "WriteFile"]);
    expect(await named("dense")).toEqual([]);
    expect(await named("kinds")).toEqual([]);
  });

  test("variables of every element type, from an index of several blocks", async () => {
    const found = await variablesOf(filesOf("kinds"));
    const expected = index["kinds"]!.variables;
    for (const [name, told] of Object.entries(expected)) {
      const list = name.split(".")[1];
      expect([name, found.get(list === undefined ? name : `scalar_${list}`)]).toEqual([name, told]);
    }
  });

  test("weights by their full names", async () => {
    const found = await variablesOf(filesOf("dense"));
    expect(Object.fromEntries(found)).toEqual(index["dense"]!.variables);
    const texts = (await readVariables(filesOf("hostile")))!;
    const words = texts.list.find(({ dtype }) => dtype === "string")!;
    expect((await texts.read(words)).data).toEqual(["one", "two"]);
  });
});

describe("hostile files", () => {
  const outcome = async (files: PayloadSet): Promise<string> => {
    try {
      readSavedModel(await files.main.bytes());
      await variablesOf(files);
      return "read";
    } catch (error) {
      return isModelkeepError(error) ? error.code : String(error);
    }
  };

  test("cut or changed anywhere, they give what they hold or a typed error", async () => {
    for (const changed of ["variables/variables.index", "variables/variables.data-00000-of-00001", "saved_model.pb"]) {
      const size = readFileSync(join(folder, "dense", changed)).length;
      for (let at = 0; at < size; at += Math.ceil(size / 150)) {
        const cut = filesOf("dense", (path, bytes) => (path === changed ? bytes.subarray(0, at) : bytes));
        expect(await outcome(cut)).toMatch(/^(read|malformed|truncated|unsupported)$/);
        const flipped = filesOf("dense", (path, bytes) => {
          if (path === changed) bytes[at] = bytes[at]! ^ 0xff;
          return bytes;
        });
        expect(await outcome(flipped)).toMatch(/^(read|malformed|truncated|unsupported|limit_exceeded)$/);
      }
    }
  });

  test("a changed byte of a weight is found by its checksum", async () => {
    const { offset } = (await readVariables(filesOf("dense")))!.list[0]!;
    const files = filesOf("dense", (path, bytes) => {
      if (path.includes(".data-")) bytes[offset] = bytes[offset]! ^ 1;
      return bytes;
    });
    expect(await outcome(files)).toBe("malformed");
  });
});
