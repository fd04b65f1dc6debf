import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { parse } from "csv-parse/sync";
import { beforeAll, describe, expect, test } from "vitest";

import { writeModels } from "./models.js";
import { commandLine } from "./run.js";

const { folder, run } = commandLine();
const at = (...path: string[]) => join(folder, ...path);

beforeAll(async () => {
  await writeModels(folder);
  await run(["save", "wine", "pipeline.json", "--samples", "rows.csv"]);
  await run(["promote", "wine@1", "--reason", "=1+1"]);
  await run(["keys", "new", "audit.pem", "--algorithm", "ed25519"]);
  cpSync(at("models"), at("before"), { recursive: true });
  const { stdout } = await run(["audit", "checkpoint", "--key", "audit.pem"]);
  writeFileSync(at("march.note"), stdout);
}, 120_000);

describe("a checkpoint", () => {
  const verify = (store = "models") =>
    run(["audit", "verify", "--since", "march.note", "--key", "audit.pub.pem", "--store", store]);

  test("proves that histories were only extended", async () => {
    expect(readFileSync(at("march.note"), "utf8")).toMatch(
      /^modelkeep\/\w+\n1\n\S+=\n\d+ \S+= wine\n\n— modelkeep\/\w+ \S+\n$/u,
    );
    await run(["tag", "wine@1", "team=risk"]);
    expect(await verify()).toMatchObject({ code: 0, stdout: expect.stringContaining("only extended") as string });
  });

  test("finds a store that was set back, or lost a model", async () => {
    rmSync(at("before", "models", "wine", "log", "000000000003.json"));
    expect(await verify("before")).toMatchObject({ code: 1, stdout: expect.stringContaining("truncated") as string });
    rmSync(at("before", "models", "wine"), { recursive: true });
    expect(await verify("before")).toMatchObject({ code: 1, stdout: expect.stringContaining("missing") as string });
  });

  test("counts only when its key signed it", async () => {
    await run(["keys", "new", "other.pem", "--algorithm", "ed25519"]);
    const other = await run(["audit", "verify", "--since", "march.note", "--key", "other.pub.pem"]);
    expect(other).toMatchObject({ code: 5, stderr: expect.stringContaining("not signed by") as string });
    await run(["keys", "new", "ec.pem"]);
    expect(await run(["audit", "checkpoint", "--key", "ec.pem"])).toMatchObject({ code: 2 });
  });
});

test("pins refuse a registry that was set back", async () => {
  mkdirSync(at("mine"));
  const show = (store: string) => run(["show", "wine@1", "--store", store, "--pins", "mine/pins.jsonl"]);
  expect(await show("models")).toMatchObject({ code: 0 });
  cpSync(at("models"), at("kept"), { recursive: true });
  await run(["describe", "wine@1", "the first", "--pins", "mine/pins.jsonl"]);
  rmSync(at("models"), { recursive: true });
  cpSync(at("kept"), at("models"), { recursive: true });
  expect(await show("models")).toMatchObject({ code: 5, stderr: expect.stringContaining("older state") as string });
  const configured = JSON.stringify({ store: "models", pins: "mine/pins.jsonl" });
  writeFileSync(at("pinned.json"), configured);
  expect(await run(["show", "wine@1", "--config", "pinned.json"])).toMatchObject({ code: 5 });
  expect(await show("kept")).toMatchObject({ code: 0 });
});

test("a configuration that nobody trusts names no file of pins elsewhere", async () => {
  mkdirSync(at("stranger"));
  writeFileSync(at("stranger", "modelkeep.json"), JSON.stringify({ store: "models", pins: "../pins.jsonl" }));
  expect(await run(["list"], { folder: at("stranger") })).toMatchObject({ code: 4 });
});

test("a report says who did what, and its cells are no formulas", async () => {
  const csv = await run(["audit", "report", "wine", "--csv"]);
  const rows = parse<Record<string, string>>(csv.stdout, { columns: true });
  expect(rows.map(({ what }) => what)).toContain("pointed production at version 1");
  expect(rows.find(({ kind }) => kind === "alias")).toMatchObject({ actor: "Tester", reason: "'=1+1" });
  await run(["audit", "report", "wine", "--predictions", "--html", "report.html"]);
  expect(readFileSync(at("report.html"), "utf8")).toMatch(/What happened to wine.*pointed production at version 1/su);
  const json = await run(["audit", "report", "--predictions", "--json", "--to", "2020-01-01"]);
  expect(json.json()).toMatchObject({ models: ["wine"], changes: [], predictions: [] });
  expect(await run(["audit", "report", "wine"])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("Tester") as string,
  });
  expect(await run(["audit", "report", "--from", "yesterday"])).toMatchObject({ code: 2 });
});
