import { appendFileSync, chmodSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { commandLine } from "./run.js";

describe("what was compiled of the commands that only look at records", () => {
  const { folder, run } = commandLine();
  const kept = join(folder, ".cache", "modelkeep");

  it("is kept, used, and made anew when it is damaged or others may write to it", async () => {
    const first = await run(["list"]);
    expect(first.code).toBe(0);
    const [name] = readdirSync(kept);
    expect(name).toMatch(/^list-v/u);
    const file = join(kept, name!);
    const whole = readFileSync(file);
    expect((await run(["list"])).stdout).toBe(first.stdout);
    expect(readFileSync(file).equals(whole)).toBe(true);

    writeFileSync(file, whole.subarray(0, whole.length / 2));
    expect((await run(["list"])).stdout).toBe(first.stdout);
    expect(readFileSync(file).length).toBeGreaterThan(whole.length / 2);

    appendFileSync(file, "more");
    chmodSync(file, 0o666);
    expect((await run(["list"])).stdout).toBe(first.stdout);
    expect(readFileSync(file).toString("latin1").endsWith("more")).toBe(false);
  });

  it("is that of one installation alone, and what others have left is bounded", async () => {
    for (let old = 0; old < 100; old++) {
      const file = join(kept, `list-v20.0.0-x64-${old.toString(16).padStart(8, "0")}`);
      writeFileSync(file, "");
      utimesSync(file, old, old);
    }
    writeFileSync(join(kept, "blobs"), "of somebody else");
    const before = readdirSync(kept).length;
    expect((await run(["show", "none"])).code).not.toBe(0);
    expect(readdirSync(kept)).toHaveLength(before);
    expect((await run(["search", "version > 0"])).code).toBe(0);
    const names = readdirSync(kept);
    expect(names).toHaveLength(64 + 1);
    expect(names).toContain("blobs");
    expect(names).toContain("list-v20.0.0-x64-00000063");
    const own = names.filter((name) => name.includes(process.version) && name.includes(process.arch));
    expect(new Set(own.map((name) => name.split("-").at(-1))).size).toBe(1);
  });

  it("loads what is outside of it: a native store, a configuration that is a module", async () => {
    writeFileSync(join(folder, "configuration.mjs"), 'export default { store: "sqlite:models.db" };');
    expect((await run(["alias", "a", "b", "1", "--store", "sqlite:models.db"])).code).not.toBe(0);
    for (let turn = 0; turn < 2; turn++) {
      const { code, stderr } = await run(["list", "--config", "configuration.mjs"]);
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    }
  });

  it("is not needed: a command that can keep nothing runs all the same", async () => {
    writeFileSync(join(folder, "file"), "");
    const { code, stderr } = await run(["list"], { env: { XDG_CACHE_HOME: join(folder, "file") } });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect((await run(["list"], { env: { NODE_DISABLE_COMPILE_CACHE: "1" } })).code).toBe(0);
  });
});
