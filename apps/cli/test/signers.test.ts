import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import type { HistoryEntry, ModelView } from "@modelkeep/registry";
import { beforeAll, expect, test } from "vitest";

import { writeModels } from "./models.js";
import { commandLine } from "./run.js";

const { folder, run } = commandLine();
const signed = (key: string, ...words: string[]) => run([...words, "--sign-with", `${key}.pem`]);

beforeAll(async () => {
  await writeModels(folder);
  for (const name of ["ada", "bob", "eve"]) await run(["keys", "new", `${name}.pem`]);
}, 120_000);

test("a history that its people sign takes no other entries", async () => {
  expect(await run(["save", "wine", "pipeline.json", "--as", "onnx", "--samples", "rows.csv"])).toMatchObject({
    code: 0,
  });
  expect((await run(["signers", "show", "wine"])).stdout).toContain("need not be signed");
  const who = ["--who", "Ada <ada@example.org>", "--key", "ada.pub.pem"];
  expect(await signed("bob", "signers", "add", "wine", ...who, "--admin")).toMatchObject({ code: 4 });
  expect(await signed("ada", "signers", "add", "wine", ...who, "--admin")).toMatchObject({ code: 0 });
  const bob = ["--who", "Bob <bob@example.org>", "--key", "bob.pub.pem"];
  expect(await signed("ada", "signers", "add", "wine", ...bob)).toMatchObject({ code: 0 });
  const shown = (await run(["signers", "show", "wine"])).stdout;
  expect(shown).toMatch(/Ada +ada@example.org +administrator +[0-9a-f]{16}\nBob/u);

  expect(await run(["tag", "wine@1", "team=risk"])).toMatchObject({
    code: 4,
    stderr: expect.stringContaining("--sign-with") as string,
  });
  expect(await signed("eve", "tag", "wine@1", "team=risk")).toMatchObject({ code: 4 });
  expect(await signed("bob", "tag", "wine@1", "team=risk")).toMatchObject({ code: 0 });
  const env = { MODELKEEP_KEY: join(folder, "bob.pem"), MODELKEEP_ACTOR: "Somebody" };
  expect(await run(["approve", "wine@1"], { env })).toMatchObject({ code: 0 });
  const history = (await run(["history", "wine", "--json"])).json() as HistoryEntry[];
  expect(history.at(-1)).toMatchObject({ kind: "approved", actor: { name: "Bob", email: "bob@example.org" } });
  expect(history.at(-1)!.keyId).toMatch(/^[0-9a-f]{64}$/u);
}, 300_000);

test("a policy may ask for an attestation", async () => {
  await signed("ada", "policy", "set", "wine", "--attested-by", "eve.pub.pem");
  expect(await signed("ada", "promote", "wine@1")).toMatchObject({
    code: 4,
    stderr: expect.stringContaining("must be attested by") as string,
  });
  expect(await signed("bob", "attest", "wine@1", "--key", "eve.pem")).toMatchObject({ code: 0 });
  expect(await signed("ada", "promote", "wine@1")).toMatchObject({ code: 0 });
}, 300_000);

test("a quorum, and what is removed", async () => {
  const file = join(folder, "signers.json");
  writeFileSync(
    file,
    JSON.stringify({ add: [{ name: "Eve", email: "eve@example.org", key: "eve.pub.pem", admin: true }], quorum: 2 }),
  );
  expect(await signed("ada", "signers", "add", "wine", "--file", "signers.json")).toMatchObject({ code: 0 });
  const id = ((await run(["show", "wine", "--json"])).json() as ModelView).signers!.find(
    ({ actor }) => actor.name === "Bob",
  )!.keyId;
  const proposed = await signed("ada", "signers", "remove", "wine", "--key-id", id.slice(0, 12), "--json");
  expect(proposed.json()).toMatchObject([{ name: "wine", state: "proposed", missing: 1 }]);
  expect((await run(["signers", "show", "wine"])).stdout).toMatch(/proposed [0-9a-f]{12} by Ada: remove/u);
  expect(await signed("bob", "signers", "agree", "wine")).toMatchObject({ code: 4 });
  expect(await signed("eve", "signers", "agree", "wine")).toMatchObject({ code: 0 });
  expect(await signed("bob", "tag", "wine@1", "team=fraud")).toMatchObject({ code: 4 });
  expect(await signed("ada", "signers", "off", "wine")).toMatchObject({ code: 0 });
  expect(await signed("ada", "signers", "withdraw", "wine")).toMatchObject({ code: 0 });
  expect(await signed("eve", "signers", "agree", "wine")).toMatchObject({ code: 3 });
}, 300_000);

test("new models by configuration, whose key signs only where it is trusted", async () => {
  const configuration = {
    key: "ada.pem",
    signers: {
      add: [
        { name: "Ada", key: "ada.pub.pem", admin: true },
        { name: "Bob", key: readFileSync(join(folder, "bob.pub.pem"), "utf8") },
      ],
    },
  };
  writeFileSync(join(folder, "modelkeep.json"), JSON.stringify(configuration));
  expect(await run(["save", "two", "pipeline.json"])).toMatchObject({
    code: 4,
    stderr: expect.stringContaining("modelkeep trust") as string,
  });
  expect(await run(["trust"])).toMatchObject({ code: 0 });
  expect(await run(["save", "two", "pipeline.json"])).toMatchObject({ code: 0 });
  expect(await run(["tag", "two@1", "a=b"])).toMatchObject({ code: 0 });
  expect(await run(["tag", "two@1", "a=c", "--sign-with", "eve.pem"])).toMatchObject({ code: 4 });
  const model = (await run(["show", "two", "--json"])).json() as ModelView;
  expect(model.signers!.map(({ actor, admin }) => [actor.name, admin])).toEqual([
    ["Ada", true],
    ["Bob", false],
  ]);
  writeFileSync(join(folder, "modelkeep.json"), JSON.stringify({ signers: { add: [{ key: 1 }] } }));
  expect(await run(["save", "three", "pipeline.json"])).toMatchObject({ code: 2 });
}, 300_000);
