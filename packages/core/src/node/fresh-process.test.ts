import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { afterAll, describe, expect, it } from "vitest";

import { runFresh } from "./fresh-process.js";

const folder = mkdtempSync(join(tmpdir(), "modelkeep-fresh-"));
afterAll(() => rmSync(folder, { recursive: true }));

function module(name: string, body: string): URL {
  const path = join(folder, `${name}.mjs`);
  writeFileSync(path, `export async function main(input) { ${body} }\n`);
  return pathToFileURL(path);
}
const code = (expected: string) => expect.objectContaining({ code: expected });

describe("runFresh", () => {
  it("gives what main returns, in another process without this one's environment", async () => {
    process.env["MODELKEEP_TEST_SECRET"] = "x";
    const body = `console.log("noise"); return { input, pid: process.pid, secret: process.env.MODELKEEP_TEST_SECRET ?? null, given: process.env.GIVEN }`;
    const found = await runFresh({ module: module("echo", body), input: { a: [1, "ü"] }, environment: { GIVEN: "1" } });
    delete process.env["MODELKEEP_TEST_SECRET"];
    expect(found).toMatchObject({ input: { a: [1, "ü"] }, secret: null, given: "1" });
    expect((found as { pid: number }).pid).not.toBe(process.pid);
  });

  it("takes large input and gives large answers", async () => {
    const text = "x".repeat(5_000_000);
    expect(await runFresh({ module: module("large", "return input + input"), input: text })).toBe(text + text);
  });

  it("passes errors on with their code", async () => {
    const body = `throw Object.assign(new Error("they differ"), { code: "samples_differ", details: { at: 3 } })`;
    await expect(runFresh({ module: module("fails", body), input: 1 })).rejects.toMatchObject({
      code: "samples_differ",
      message: "they differ",
      details: { at: 3 },
    });
    await expect(runFresh({ module: pathToFileURL(join(folder, "none.mjs")), input: 1 })).rejects.toThrow(/none\.mjs/u);
  });

  it("survives crashes, endless loops and too much memory", async () => {
    const kill = module("kill", `process.kill(process.pid, "SIGSEGV"); await new Promise((r) => setTimeout(r, 5000))`);
    await expect(runFresh({ module: kill, input: 1 })).rejects.toThrow(/was ended by SIGSEGV/u);
    const exit = module("exit", `console.error("no licence"); process.exit(3)`);
    await expect(runFresh({ module: exit, input: 1 })).rejects.toThrow(
      /ended with code 3 without an answer: no licence/u,
    );
    const loop = module("loop", "for (;;);");
    await expect(runFresh({ module: loop, input: 1, timeout: 500 })).rejects.toThrow(code("limit_exceeded"));
    const grow = module("grow", "const all = []; for (;;) all.push(new Array(1000).fill({}));");
    await expect(runFresh({ module: grow, input: 1, memory: 40 })).rejects.toThrow(/ran out of memory|ended/u);
  });

  it("ends with the caller's signal", async () => {
    const wait = module("wait", "await new Promise((resolve) => setTimeout(resolve, 60_000))");
    await expect(runFresh({ module: wait, input: 1, signal: AbortSignal.timeout(200) })).rejects.toThrow(
      code("aborted"),
    );
  });
});
