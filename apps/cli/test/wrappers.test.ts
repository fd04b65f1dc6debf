import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { bytesOf } from "../src/store-settings.js";
import { commandLine } from "./run.js";

const { folder, run } = commandLine();

test("payloads in one store, the rest in another, copies on this machine", async () => {
  const project = join(folder, "project");
  mkdirSync(project);
  writeFileSync(join(project, "model.bin"), "weights");
  const write = (configuration: unknown) =>
    writeFileSync(join(project, "modelkeep.json"), JSON.stringify(configuration));
  const here = (...line: string[]) => run(line, { folder: project, env: { XDG_CACHE_HOME: join(folder, "cache") } });
  write({ store: "sqlite:log.db", payloads: "bytes", retry: { attempts: 3 }, cache: { size: "10 MB" } });
  expect(await here("list")).toMatchObject({ code: 4, stderr: expect.stringContaining("keeps copies") as string });
  expect(await here("trust")).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("payloads in bytes") as string,
  });
  expect(await here("save", "scorer", "model.bin")).toMatchObject({ code: 0 });
  expect(readdirSync(join(project, "bytes"))).toContain("blobs");
  expect(existsSync(join(project, "bytes", "registry.json"))).toBe(false);
  expect(await here("pull", "scorer@1", "first")).toMatchObject({ code: 0 });
  // What was read once is read from the copy: the bytes themselves are no longer there.
  rmSync(join(project, "bytes", "blobs"), { recursive: true });
  expect(await here("pull", "scorer@1", "second")).toMatchObject({ code: 0 });
  rmSync(join(folder, "cache"), { recursive: true });
  expect((await here("pull", "scorer@1", "third")).code).not.toBe(0);

  for (const [wrong, what] of [
    [{ cache: { size: "much" } }, "without a size"],
    [{ cache: true }, "without a size"],
    [{ retry: { attempts: 0 } }, "attempts"],
    [{ payloads: 3 }, "payloads"],
  ] as const) {
    write({ store: "models", ...wrong });
    expect(await here("list")).toMatchObject({ code: 2, stderr: expect.stringContaining(what) as string });
  }
  write({ store: "models", payloads: "../elsewhere" });
  expect(await here("list")).toMatchObject({ code: 4, stderr: expect.stringContaining("outside") as string });
}, 120_000);

test("sizes are read as people write them", () => {
  expect(["10 GB", "1.5MiB", "3k", "512", "2 tb"].map(bytesOf)).toEqual([10e9, 1_572_864, 3000, 512, 2e12]);
  expect(["", "much", "-1", "0", "1 e9", "GB"].map(bytesOf)).toEqual(Array.from({ length: 6 }, () => undefined));
});
