import { writeFileSync } from "node:fs";
import { join } from "node:path";

import type { RouteView } from "@modelkeep/registry";
import { beforeAll, expect, test } from "vitest";

import { writeModels } from "./models.js";
import { commandLine } from "./run.js";

const { folder, run } = commandLine();

beforeAll(async () => {
  await writeModels(folder);
  for (let count = 0; count < 2; count++)
    await run(["save", "wine", "pipeline.json", "--as", "onnx", "--samples", "rows.csv", "--again"]);
  await run(["promote", "wine@1"]);
}, 120_000);

interface Recorded {
  readonly id: string;
  readonly version: number;
  readonly caller: string;
  readonly route?: { readonly bucket: number };
}

test("predictions go on the record along a route, are found, and are made again", async () => {
  const route = await run(["route", "wine@production", "1=1", "2=3", "--reason", "canary", "--json"]);
  expect((route.json() as RouteView).shares).toEqual([
    { version: 1, share: 0.25 },
    { version: 2, share: 0.75 },
  ]);
  const shown = await run(["route", "wine@production"]);
  expect(shown.stdout).toMatch(/wine@1 +25 % +behind production\nwine@2 +75 %/u);

  const predict = (...more: string[]) =>
    run(["predict", "wine@production", "--input", "rows.csv", "--record", "--json", ...more]);
  const { ids } = (await predict("--key", "ada", "--caller", "web")).json() as { ids: string[] };
  expect(ids).toHaveLength(1);
  await predict("--key", "ada");
  const list = await run(["predictions", "wine", "--json"]);
  const records = list.json() as Recorded[];
  expect(records.map(({ caller }) => caller)).toEqual(["modelkeep predict", "web"]);
  // One key, one bucket, one version.
  expect(new Set(records.map(({ version }) => version)).size).toBe(1);
  expect(records[0]!.route!.bucket).toBe(records[1]!.route!.bucket);
  expect((await run(["predictions", "wine", "--caller", "web"])).stdout).toContain(ids[0]!);
  expect((await run(["predictions", "wine", "--from", "2100-01-01"])).stdout).toContain("No predictions");
  expect((await run(["predictions", ids[0]!, "--json"])).json()).toMatchObject({
    id: ids[0],
    inputs: [{ dtype: "float64" }],
  });

  const replayed = await run(["replay", ids[0]!]);
  expect(replayed).toMatchObject({ code: 0, stdout: expect.stringContaining("bit for bit") as string });
  const against = await run(["replay", "wine", "--against", "@2", "--json"]);
  expect(against.json()).toMatchObject({ candidate: "wine@2", predictions: 2, compared: 2, identical: 2, changed: 0 });
  expect((await run(["replay", "wine", "--against", "2"])).stdout).toMatch(/other labels +0 \(0\.00 %\)/u);

  expect((await run(["history", "wine"])).stdout).toMatch(
    /divided the requests to production: version 1 25 %, version 2 75 %: canary/u,
  );
  expect((await run(["rollback", "wine", "--to", "2"])).stdout).toContain("its route has ended");
  expect((await run(["route", "wine@production"])).stdout).toContain("has no route");
}, 300_000);

test("records are checked, and deleted on demand", async () => {
  await run(["predict", "wine@2", "--input", "rows.csv", "--record"]);
  expect(await run(["predictions", "wine", "--check"])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("whole") as string,
  });
  await run(["gc", "--grace", "0"]);
  expect((await run(["predictions", "wine", "--check", "--json"])).json()).toMatchObject({ ok: true });
  await run(["predictions", "wine", "--delete-before", "2100-01-01"]);
  expect((await run(["predictions", "wine"])).stdout).toContain("No predictions");
}, 300_000);

test("a model runs in a process of its own: from the registry, as a file, of ONNX and of JavaScript libraries", async () => {
  const here = await run(["predict", "wine@1", "--input", "rows.csv", "--json"]);
  await run(["pull", "wine@1", "pulled"]);
  for (const words of [
    ["wine@1", "--isolated", "--record"],
    ["pulled/model.onnx", "--memory", "512"],
    ["pipeline.json", "--timeout", "20000"],
  ]) {
    const there = await run(["predict", ...words, "--input", "rows.csv", "--json"]);
    expect(there).toMatchObject({ code: 0 });
    const { outputs } = there.json() as { outputs: unknown };
    expect(JSON.stringify(outputs).length, words.join(" ")).toBeGreaterThan(20);
  }
  const isolated = await run(["predict", "wine@1", "--isolated", "--input", "rows.csv", "--json"]);
  expect(isolated.json()).toEqual(here.json());
  expect(await run(["predict", "wine@1", "--memory", "64", "--input", "rows.csv"])).toMatchObject({ code: 2 });
}, 300_000);

test("what can't be understood is misuse, and says what to write", async () => {
  writeFileSync(join(folder, "empty.json"), "[]");
  for (const [words, text] of [
    [["route", "wine@production", "1"], "name=value"],
    [["route", "wine@production", "1=-3"], "is no weight"],
    [["route", "wine@production", "1=1", "--end"], "not both"],
    [["replay", "wine"], "is no id of a prediction"],
    [["predictions", "wine", "--from", "soon"], "is no date"],
    [["predict", "pipeline.json", "--input", "rows.csv", "--record"], "is a file"],
  ] as const)
    expect(await run(words)).toMatchObject({ code: 2, stderr: expect.stringContaining(text) as string });
  expect(await run(["replay", "01ARZ3NDEKTSV4RRFFQ69G5FAV"])).toMatchObject({ code: 3 });
}, 300_000);
