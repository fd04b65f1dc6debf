import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { commandLine } from "./run.js";

describe("save --batch", () => {
  const { folder, run } = commandLine();
  const batch = (lines: readonly unknown[]) => {
    const texts = lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line)));
    writeFileSync(join(folder, "models.jsonl"), texts.join("\n"));
    return run(["save", "--batch", "models.jsonl", "--json"]);
  };

  it("saves each line, tells what became of it, and is not stopped by one that fails", async () => {
    writeFileSync(join(folder, "a.bin"), "model a");
    writeFileSync(join(folder, "b.bin"), "model b");
    const many = Array.from({ length: 70 }, (_, index) => ({ name: `store-${index}`, file: "b.bin" }));
    const lines = [
      { name: "first", file: "a.bin", metrics: { auc: 0.9 }, labels: ["v1"], tags: { region: "eu" } },
      "",
      { name: "bad/name", file: "a.bin" },
      { name: "second", file: "nothing.bin" },
      "{",
      { name: "third", file: "a.bin", metric: 1 },
      ...many,
    ];
    const { code, json } = await batch(lines);
    expect(code).toBe(1);
    const outcomes = json() as { line: number; reference?: string; error?: { code: string } }[];
    expect(outcomes.slice(0, 5)).toMatchObject([
      { line: 1, reference: "first@1", existing: false },
      { line: 3, name: "bad/name", error: { code: "invalid_name" } },
      { line: 4, name: "second", error: { code: "not_found" } },
      { line: 5, error: { code: "invalid_input" } },
      { line: 6, error: { code: "invalid_input" } },
    ]);
    expect(outcomes.slice(5).map((each) => each.reference)).toEqual(many.map(({ name }) => `${name}@1`));
    expect((await run(["show", "first@v1", "--json"])).json()).toMatchObject({
      metrics: { auc: 0.9 },
      tags: { region: "eu" },
    });

    const again = await batch(many);
    expect(again.code).toBe(0);
    expect(again.json()).toMatchObject(many.map(() => ({ existing: true })));
  });

  it("says which pickles have no ONNX, and keeps them all the same", async () => {
    writeFileSync(join(folder, "dict.pkl"), Uint8Array.of(0x80, 4, 0x7d, 0x2e));
    const { code, stderr, json } = await batch([{ name: "settings", file: "dict.pkl" }]);
    expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining("settings@1 is kept as it is") });
    expect(json()).toMatchObject([{ reference: "settings@1", notMade: [{ codec: "onnx", code: "unsupported" }] }]);
    const { manifest } = (await run(["show", "settings@1", "--json"])).json() as {
      manifest: { representations: object[] };
    };
    expect(manifest.representations).toMatchObject([{ name: "pickle" }]);
    expect((await run(["save", "alone", "dict.pkl"])).stderr).toContain("alone@1 is kept as it is, without ONNX");
  });

  it("takes no name beside it, and needs one without it", async () => {
    expect(await run(["save", "name", "--batch", "models.jsonl"])).toMatchObject({ code: 2 });
    expect(await run(["save", "name"])).toMatchObject({ code: 2, stderr: expect.stringContaining("save needs") });
    expect(await run(["save", "--batch", "nothing.jsonl"])).toMatchObject({ code: 3 });
  });
});

describe("save", () => {
  const { folder, run } = commandLine();

  it("keeps parts that lie in separate files with their roles, and folds and the day of training beside the metrics", async () => {
    writeFileSync(join(folder, "model.bin"), "the model");
    writeFileSync(join(folder, "scaler.joblib"), "the scaler");
    writeFileSync(join(folder, "features.json"), '["alcohol"]');
    writeFileSync(join(folder, "folds.json"), '{ "accuracy": 0.97, "cv": { "accuracy": [0.95, 0.97, 0.99] } }');
    const words =
      "save parts model.bin --with preprocessor=scaler.joblib --with features=features.json --metrics folds.json";
    expect(await run([...words.split(" "), "--trained", "2026-03-03"])).toMatchObject({ code: 0 });
    const { manifest } = (await run(["show", "parts@1", "--json"])).json() as { manifest: Record<string, unknown> };
    expect(manifest).toMatchObject({
      trained: "2026-03-03",
      metrics: { accuracy: 0.97 },
      crossValidation: { "cv.accuracy": [0.95, 0.97, 0.99] },
      representations: [{ payloads: ["model.bin"] }],
      payloads: [
        { path: "model.bin", role: "model" },
        { path: "scaler.joblib", role: "preprocessor" },
        { path: "features.json", role: "features" },
      ],
    });
    expect(await run(["pack", "parts@1", "parts.zip"])).toMatchObject({ code: 0 });
    const { stdout } = await run(["inspect", "parts.zip"]);
    expect(stdout).toMatch(
      /trained +2026-03-03\n[^]*preprocessor +scaler\.joblib, 10 B\n[^]*features +features\.json/u,
    );
    expect(stdout).toMatch(/folds +cv\.accuracy 0\.97 ± 0\.016 in 3 folds/u);
    expect(await run(["pull", "parts@1", "parts"])).toMatchObject({ code: 0 });
    expect(readFileSync(join(folder, "parts", "scaler.joblib"), "utf8")).toBe("the scaler");
    writeFileSync(join(folder, "folds.json"), '{ "accuracy": ["high"] }');
    expect(await run(words.split(" "))).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('"accuracy" is neither a number nor a list of numbers') as string,
    });
    expect(await run(["save", "parts", "model.bin", "--again", "--trained", "2026-03-10"])).toMatchObject({
      code: 0,
    });
    expect((await run(["compare", "parts@1", "parts@2"])).stdout).toMatch(
      /trained: 2026-03-03 → 2026-03-10\n *cross-validation cv\.accuracy: 0\.97 ± 0\.016 in 3 folds → none/u,
    );
  }, 300_000);

  it("tells how far it is on a terminal, and only there", async () => {
    writeFileSync(join(folder, "large.bin"), new Uint8Array(48 << 20));
    // As on a terminal, where patience has ended at once.
    const terminal = `process.stderr.isTTY = true;
      const later = setTimeout;
      globalThis.setTimeout = (call, wait, ...more) => later(call, wait === 1000 ? 0 : wait, ...more);`;
    const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(terminal)}` };
    const saved = await run(["save", "large", "large.bin"], { env });
    expect(saved).toMatchObject({ code: 0, stdout: expect.stringContaining("Saved large@1") as string });
    expect(saved.stderr).toContain("saving large");
    expect((await run(["copy", "./second"], { env })).stderr).toContain("copying to ./second");
    for (const words of [["--quiet"], ["--json"]])
      expect((await run(["verify", "large@1", "--digests-only", ...words], { env })).stderr).not.toContain("verifying");
    expect((await run(["save", "large", "large.bin", "--again"])).stderr).not.toContain("saving");
  }, 60_000);
});
