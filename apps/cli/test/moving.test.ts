import { cpSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

import { commandLine } from "./run.js";

const { folder, run } = commandLine();
const vectors = fileURLToPath(new URL("../../../vectors/", import.meta.url));

test("a store of BentoML is looked at, then moved in, with production at its latest", async () => {
  const command = ["import", "bentoml", join(vectors, "bentoml/models"), "--latest", "production"];
  const looked = await run([...command, "--dry-run"]);
  expect([looked.code, looked.stdout]).toEqual([0, expect.stringContaining("3 versions would be saved") as string]);
  expect(looked.stdout).toContain("custom_objects.pkl holds objects of Python: kept as a file, never loaded");
  const moved = await run(command);
  expect([moved.code, moved.stdout]).toEqual([
    0,
    expect.stringContaining("3 versions saved, 0 there already") as string,
  ]);
  expect(moved.stdout).toContain("a scan finds custom_objects.pkl clean");
  expect((await run(["show", "wine@production", "--json"])).json()).toMatchObject({ version: 2, labels: ["alpha"] });
});

test("what of modelstore cannot be read is told by the exit code, and the rest comes over", async () => {
  const store = join(folder, "old");
  cpSync(join(vectors, "modelstore"), store, { recursive: true });
  const wine = join(store, "operatorai-model-store/wine");
  const day = join(
    wine,
    readdirSync(wine).find((name) => name.startsWith("20"))!,
  );
  writeFileSync(join(day, readdirSync(day)[0]!, "artifacts.tar.gz"), "damaged");
  const moved = await run(["import", "modelstore", store, "--states", "--store", "elsewhere"]);
  expect([moved.code, moved.stdout]).toEqual([1, expect.stringContaining("2 versions saved") as string]);
  expect(moved.stdout).toContain("artifacts.tar.gz");
});

test("an archive that leads out of its folder is refused, and a file is no folder", async () => {
  const hostile = await run(["import", "bentoml", join(vectors, "tar/parent.tar")]);
  expect([hostile.code, hostile.stderr]).toEqual([2, expect.stringContaining("leaves the envelope") as string]);
  const file = await run(["import", "modelstore", join(vectors, "tar/parent.tar")]);
  expect([file.code, file.stderr]).toEqual([2, expect.stringContaining("is a file, not a folder") as string]);
});
