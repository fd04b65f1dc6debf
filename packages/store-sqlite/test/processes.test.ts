import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { killWhileWriting, raceBetweenProcesses } from "@modelkeep/testkit/node";
import { test } from "vitest";
import { sqliteStore } from "../src/index.js";
import { bundle } from "./bundle.js";

test("no increment is lost in a race between processes", { timeout: 180_000 }, async () => {
  const module = await bundle(new URL("./race-process.ts", import.meta.url));
  const folder = await mkdtemp(join(tmpdir(), "modelkeep-sqlite-race-"));
  const file = join(folder, "models.db");
  const store = sqliteStore(file);
  try {
    await raceBetweenProcesses(store, { module: [module, file] });
  } finally {
    await store[Symbol.asyncDispose]?.();
    await rm(folder, { recursive: true });
    await rm(module);
  }
});

test(
  "what was acknowledged to a killed process is there, and nothing is half there",
  { timeout: 120_000 },
  async () => {
    const module = await bundle(new URL("./kill-process.ts", import.meta.url));
    const folder = await mkdtemp(join(tmpdir(), "modelkeep-sqlite-kill-"));
    const file = join(folder, "models.db");
    try {
      await killWhileWriting(() => sqliteStore(file), { module: [module, file] });
    } finally {
      await rm(folder, { recursive: true });
      await rm(module);
    }
  },
);
