import { writeFileSync } from "node:fs";
import { join } from "node:path";

import type { GateReport, ListedModel, PolicyRecord } from "@modelkeep/registry";
import { beforeAll, expect, test } from "vitest";

import { writeModels } from "./models.js";
import { commandLine } from "./run.js";

const { folder, run } = commandLine();
const as = (name: string, ...words: string[]) =>
  run(words, { env: { MODELKEEP_ACTOR: `${name} <${name.toLowerCase()}@example.org>` } });

beforeAll(async () => {
  await writeModels(folder);
  writeFileSync(
    join(folder, "strict.json"),
    JSON.stringify({ approvals: 1, licence: true, override: { by: ["Eve"] } }),
  );
});

test("a version goes live once its policy is met, and everything that is missing is said", async () => {
  const save = (...more: string[]) =>
    as("Ada", "save", "wine", "pipeline.json", "--as", "onnx", "--samples", "rows.csv", "--again", "--json", ...more);
  expect(await save("--metric", "accuracy=0.95")).toMatchObject({ code: 0 });
  const set = await as(
    "Ada",
    ..."policy set wine --approvals 1 --fresh-within 24h --min metrics.accuracy=0.9 --not-below accuracy=0.01".split(
      " ",
    ),
  );
  expect(set).toMatchObject({ code: 0, stdout: expect.stringContaining("held by its new policy") as string });
  const held = (await run(["policy", "show", "wine", "--json"])).json() as PolicyRecord[];
  expect(held).toMatchObject([
    {
      alias: "production",
      policy: {
        approvals: 1,
        samples: { within: 86_400 },
        metrics: { accuracy: { min: 0.9 } },
        noWorse: [{ metric: "accuracy", better: "higher", tolerance: 0.01 }],
      },
    },
  ]);
  expect((await run(["policy", "show", "wine"])).stdout).toContain("accuracy at least 0.9");

  const refused = await as("Ada", "promote", "wine@1", "--json");
  expect(refused.code).toBe(4);
  expect(JSON.parse(refused.stderr)).toMatchObject({
    error: { code: "gate_refused", details: { faults: [{ condition: "approvals" }, { condition: "samples" }] } },
  });
  const gates = await run(["gates", "wine@1", "--json"]);
  expect(gates.code).toBe(1);
  expect((gates.json() as GateReport).conditions.map(({ condition, met }) => [condition, met])).toEqual([
    ["approvals", false],
    ["samples", false],
    ["metric", true],
    ["no_worse", true],
  ]);

  expect(await as("Ada", "approve", "wine@1")).toMatchObject({ code: 4 });
  expect(await as("Bob", "approve", "wine@1", "-m", "read it")).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("wine@1 is approved  sha256:") as string,
  });
  const shown = (await run(["show", "wine@1"])).stdout;
  expect(shown).toMatch(/approved +\S+ \S+ by Bob: read it/u);
  expect(shown).toMatch(/production +held back: must have reproduced its samples/u);
  // The proof in a fresh process is all that is missing: promote makes it.
  expect((await as("Ada", "promote", "wine@1", "--json")).json()).toMatchObject({ version: 1 });
  expect((await run(["gates", "wine@1"])).code).toBe(0);

  await as("Bob", "disapprove", "wine@1", "-m", "skewed");
  expect((await run(["gates", "wine@1"])).stdout).toContain("Bob <bob@example.org> disapproves of it: skewed");
  expect(await as("Bob", "withdraw", "wine@1")).toMatchObject({ code: 0 });
  expect((await run(["gates", "wine@1"])).code).toBe(1);
}, 300_000);

test("another policy needs somebody else", async () => {
  const proposed = await as("Ada", "policy", "set", "wine", "--file", "strict.json", "-m", "audit", "--json");
  expect(proposed.json()).toMatchObject([{ state: "proposed", missing: 1 }]);
  const [{ proposal }] = proposed.json() as [{ readonly proposal: string }];
  expect((await run(["policy", "show", "wine"])).stdout).toContain(`proposed ${proposal.slice(7, 19)}`);
  expect(await as("Ada", "policy", "agree", "wine")).toMatchObject({ code: 4 });
  expect(await as("Bob", "policy", "agree", "wine", proposal.slice(7, 19), "--json")).toMatchObject({ code: 0 });
  expect((await run(["policy", "show", "wine", "--json"])).json()).toMatchObject([{ policy: { licence: true } }]);

  expect(await as("Ada", "policy", "remove", "wine")).toMatchObject({ code: 0 });
  expect(await as("Ada", "policy", "withdraw", "wine")).toMatchObject({ code: 0 });
  expect(await as("Bob", "policy", "agree", "wine")).toMatchObject({ code: 3 });
}, 300_000);

test("an override needs a reason and one of those who may, and stands out", async () => {
  await as("Ada", "save", "wine", "pipeline.json", "--as", "onnx", "--again");
  const move = (who: string, ...more: string[]) => as(who, "promote", "wine@2", "--override", ...more);
  expect(await move("Ada", "-m", "now")).toMatchObject({ code: 4 });
  expect(await move("Eve")).toMatchObject({ code: 4, stderr: expect.stringContaining("needs a reason") as string });
  expect(await move("Eve", "-m", "incident 12")).toMatchObject({ code: 0 });
  expect((await run(["show", "wine@2"])).stdout).toContain("live as production though the policy was not met");
  expect((await run(["list"])).stdout).toContain("production → 2 (override)");
  expect((await run(["list", "wine"])).stdout).toContain("production (override)");
  expect(((await run(["list", "--json"])).json() as ListedModel[])[0]).toMatchObject({ overridden: ["production"] });
  expect((await run(["history", "wine"])).stdout).toContain("overriding its policy: incident 12");
}, 300_000);

test("several models at once, new models by configuration, and what is wrong is said", async () => {
  await as("Ada", "save", "one", "pipeline.json");
  const both = await as("Ada", "policy", "set", "one", "nowhere", "--approvals", "1", "--json");
  expect(both.code).toBe(3);
  expect(both.json()).toMatchObject([{ name: "one", state: "in_force" }, { error: { code: "not_found" } }]);
  for (const [words, part] of [
    [[], "needs a condition"],
    [["--fresh-within", "soon"], "90m, 24h or 7d"],
    [["--min", "accuracy"], "name=value"],
    [["--min", "accuracy=high"], "number"],
    [["--approvals", "2", "--approver", "Eve"], "2 people of the 1"],
  ] as const)
    expect(await as("Ada", "policy", "set", "one", ...words)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(part) as string,
    });

  writeFileSync(join(folder, "modelkeep.json"), JSON.stringify({ policies: { production: { approvals: 1 } } }));
  await as("Ada", "save", "two", "pipeline.json");
  expect((await run(["policy", "show", "two", "--json"])).json()).toMatchObject([{ policy: { approvals: 1 } }]);
  writeFileSync(join(folder, "modelkeep.json"), JSON.stringify({ policies: { production: { aproval: 1 } } }));
  expect(await as("Ada", "save", "three", "pipeline.json")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("policy.aproval") as string,
  });
}, 300_000);
