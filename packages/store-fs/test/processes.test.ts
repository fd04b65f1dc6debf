import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { killWhileWriting, raceBetweenProcesses } from "@modelkeep/testkit/node";
import { expect, test } from "vitest";
import { fsStore } from "../src/index.js";
import { bundle } from "./bundle.js";

test("no increment is lost in a race between processes", { timeout: 180_000 }, async () => {
  const module = await bundle(new URL("./race-process.ts", import.meta.url));
  const folder = await mkdtemp(join(tmpdir(), "modelkeep-fs-race-"));
  try {
    await raceBetweenProcesses(fsStore(folder), { module: [module, folder] });
  } finally {
    await rm(folder, { recursive: true });
    await rm(module);
  }
});

test("a process that fails is told with its own words", async () => {
  const module = await bundle(new URL("./race-process.ts", import.meta.url));
  try {
    const race = raceBetweenProcesses(fsStore("unused"), { module: [module, "/dev/null/folder"], increments: 1 });
    await expect(race).rejects.toThrow(/ENOTDIR/);
  } finally {
    await rm(module);
  }
});

test(
  "what was acknowledged to a killed process is there, and nothing is half there",
  { timeout: 120_000 },
  async () => {
    const module = await bundle(new URL("./kill-process.ts", import.meta.url));
    const folder = await mkdtemp(join(tmpdir(), "modelkeep-fs-kill-"));
    try {
      await killWhileWriting(() => fsStore(folder), { module: [module, folder] });
    } finally {
      await rm(folder, { recursive: true });
      await rm(module);
    }
  },
);
