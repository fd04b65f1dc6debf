import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { beforeAll, describe, expect, test } from "vitest";

import { writeModels } from "./models.js";
import { commandLine } from "./run.js";

const { folder, run } = commandLine();
const at = (...path: string[]) => join(folder, ...path);

beforeAll(async () => {
  await writeModels(folder);
  for (const name of ["ada", "eve"]) await run(["keys", "new", `${name}.pem`]);
  await run(["save", "wine", "pipeline.json", "--samples", "rows.csv"]);
}, 120_000);

test("a new key is readable by its owner only, and never overwritten", async () => {
  expect(readFileSync(at("ada.pub.pem"), "utf8")).toContain("BEGIN PUBLIC KEY");
  const others = statSync(at("ada.pem")).mode & 0o077;
  expect(process.platform === "win32" || others === 0).toBe(true);
  expect(await run(["keys", "new", "ada.pem"])).toMatchObject({ code: 4 });
  // Half of a pair is never written beside half of another.
  writeFileSync(at("half.pem"), "a private key");
  expect(await run(["keys", "new", "half.pem"])).toMatchObject({ code: 4 });
  expect(existsSync(at("half.pub.pem"))).toBe(false);
});

describe("a version", () => {
  test("is pulled only when somebody who is trusted vouches for it", async () => {
    const pull = (to: string, ...more: string[]) =>
      run(["pull", "wine@1", to, "--attested-by", "ada.pub.pem", ...more]);
    expect(await pull("refused")).toMatchObject({
      code: 4,
      stderr: expect.stringContaining("no attestation") as string,
    });
    expect(existsSync(at("refused"))).toBe(false);
    expect(await run(["attest", "wine@1", "--key", "eve.pem"])).toMatchObject({ code: 0 });
    expect(await pull("refused")).toMatchObject({ code: 4 });
    expect(await run(["attest", "wine@1", "--key", "ada.pem"])).toMatchObject({ code: 0 });
    expect(await pull("pulled")).toMatchObject({ code: 0 });
    expect(readdirSync(at("pulled", "attestations"))).toHaveLength(4);
    expect((await run(["show", "wine@1"])).stdout).toMatch(/attested .* by the key [0-9a-f]{64}/u);
  });

  test("is verified with who vouches for it", async () => {
    const good = await run(["verify", "wine@1", "--attested-by", "ada.pub.pem", "--no-record", "--json"]);
    expect([good.code, (good.json() as { attestations: { ok: boolean }[] }).attestations.map(({ ok }) => ok)]).toEqual([
      0,
      [false, true],
    ]);
    expect(await run(["keys", "new", "bob.pem", "--algorithm", "ed25519"])).toMatchObject({ code: 0 });
    const bad = await run(["verify", "wine@1", "--attested-by", "bob.pub.pem", "--digests-only", "--no-record"]);
    expect(bad).toMatchObject({ code: 1, stdout: expect.stringContaining("not counted") as string });
  });

  test("carries its attestations in a package", async () => {
    expect(await run(["pack", "wine@1", "wine.model.zip"])).toMatchObject({ code: 0 });
    const verified = await run(["verify", "wine.model.zip", "--digests-only", "--attested-by", "ada.pub.pem"]);
    expect(verified).toMatchObject({ code: 0, stdout: expect.stringContaining("as wine by the key") as string });
    const other = await run(["unpack", "wine.model.zip", "--store", "other"]);
    expect(other).toMatchObject({ code: 0 });
    const there = await run(["pull", "wine@1", "there", "--store", "other", "--attested-by", "ada.pub.pem"]);
    expect(there).toMatchObject({ code: 0 });
    const renamed = await run(["unpack", "wine.model.zip", "--as", "water", "--store", "other"]);
    expect(renamed.stderr).toContain("was left out");
  });

  test("is asked for by the configuration", async () => {
    writeFileSync(at("strict.json"), JSON.stringify({ store: "models", attestedBy: ["bob.pub.pem"] }));
    expect(await run(["predict", "wine@1", "-i", "rows.csv", "--config", "strict.json"])).toMatchObject({ code: 4 });
    expect(await run(["predict", "wine.model.zip", "-i", "rows.csv", "--config", "strict.json"])).toMatchObject({
      code: 4,
    });
    const ada = await run(["predict", "wine.model.zip", "-i", "rows.csv", "--attested-by", "ada.pub.pem"]);
    expect(ada).toMatchObject({ code: 0 });
  });
});

describe("a folder", () => {
  test("is attested where it lies, and refused with one file more", async () => {
    expect(await run(["pull", "wine@1", "plain"])).toMatchObject({ code: 0 });
    expect(await run(["attest", "plain", "--key", "bob.pem"])).toMatchObject({ code: 0 });
    const verify = () => run(["verify", "plain", "--digests-only", "--attested-by", "bob.pub.pem"]);
    expect(await verify()).toMatchObject({ code: 0 });
    expect(
      await run(["verify", "plain", "--digests-only", "--attested-by", "bob.pub.pem", "--name", "water"]),
    ).toMatchObject({
      code: 1,
    });
    writeFileSync(at("plain", "hook.py"), "import os\n");
    expect(await verify()).toMatchObject({ code: 5, stderr: expect.stringContaining("hook.py") as string });
    expect(await run(["attest", "plain", "--key", "ada.pem"])).toMatchObject({ code: 5 });
  });

  test("without a key nothing happens", async () => {
    expect(await run(["attest", "wine@1"])).toMatchObject({ code: 2 });
    expect(await run(["attest", "wine@1", "--key", "ada.pub.pem"])).toMatchObject({ code: 2 });
  });
});
