import { describe, expect, test } from "vitest";

import { type PickleFile, readPickle, scanBytes } from "../src/index.js";
import { canonical } from "./canonical.js";
import { type GoodVector, goodVectors, vectorBytes } from "./vectors.js";

function read({ file, companions = [] }: Pick<GoodVector, "file" | "companions">): PickleFile {
  const beside = new Map(companions.map((name) => [name, vectorBytes(`good/${name}`)]));
  return readPickle(vectorBytes(`good/${file}`), { companions: beside });
}

describe("files that Python wrote", () => {
  for (const vector of goodVectors) {
    test(`${vector.file} (${vector.container}) is the object graph that Python has`, () => {
      const { value, facts } = read(vector);
      const expected =
        vector.graph === undefined
          ? canonical(read({ file: vector.same! }).value)
          : (JSON.parse(new TextDecoder().decode(vectorBytes(`good/${vector.graph}`))) as { fitted: unknown }).fitted;
      expect(canonical(value)).toEqual(expected);
      expect(facts?.trailing).toBe(0);
    });
  }

  test("a scan finds nothing in them", () => {
    for (const { file } of goodVectors) {
      const { verdict, findings, globals } = scanBytes(vectorBytes(`good/${file}`), file);
      expect({ file, verdict, findings }).toEqual({ file, verdict: "clean", findings: [] });
      expect(globals.length).toBeGreaterThan(0);
    }
  });
});
