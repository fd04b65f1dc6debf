import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { readPickle, scanBytes } from "../src/index.js";
import { canonical } from "./canonical.js";

const python = process.env["MODELKEEP_TEST_PYTHON"];
const script = fileURLToPath(new URL("../../../tooling/fixtures/sklearn_graphs.py", import.meta.url));
const note = python === undefined ? " (set MODELKEEP_TEST_PYTHON to run)" : "";

describe.skipIf(python === undefined)(`what the installed scikit-learn writes${note}`, () => {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "modelkeep-sklearn-"));
    execFileSync(python!, [script, folder, "7"], { stdio: ["ignore", "ignore", "inherit"] });
  }, 300_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("is read as the object graph that Python has, from every container", { timeout: 300_000 }, () => {
    const load = (name: string): unknown => JSON.parse(readFileSync(join(folder, name), "utf8"));
    const index = load("index.json") as { file: string; graph: string }[];
    expect(index.length).toBeGreaterThan(300);
    for (const { file, graph } of index) {
      const bytes = new Uint8Array(readFileSync(join(folder, file)));
      const { fitted } = load(graph) as { fitted: unknown };
      expect(canonical(readPickle(bytes).value), file).toEqual(fitted);
      expect(scanBytes(bytes, file), file).toMatchObject({ verdict: "clean", findings: [] });
    }
  });
});
