import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

import { fsStore } from "@modelkeep/store-fs";
import { afterAll, describe, expect, it } from "vitest";

import { predictionsOf } from "../src/index.js";
import { bundles } from "./support/bundle.js";
import { all, linesWith, openLines } from "./support/lines.js";

const rounds = process.env["MODELKEEP_RELIABILITY"] === "full" ? 30 : 2;

describe("a process that is killed", () => {
  const scratch = mkdtempSync(join(tmpdir(), "modelkeep-serving-"));
  const { server } = bundles({ server: "server-process.ts" });
  afterAll(() => rmSync(scratch, { recursive: true }));

  /** Ids of all predictions that were answered before the process got SIGKILL. */
  async function answeredUntilKilled(folder: string, durable: string, count: number): Promise<string[]> {
    const child = spawn(process.execPath, [server, folder, durable], { stdio: ["ignore", "pipe", "inherit"] });
    const ids: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      ids.push(line);
      if (ids.length === count) child.kill("SIGKILL");
    }
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    expect(child.signalCode).toBe("SIGKILL");
    return ids;
  }

  it.each(["each", "batch"])("with durable: %s", { timeout: 300_000 }, async (durable) => {
    for (let round = 0; round < rounds; round++) {
      const folder = join(scratch, `${durable}-${round}`);
      await linesWith(1, fsStore(folder));
      const answered = await answeredUntilKilled(folder, durable, 40 + 17 * (round % 9));
      const registry = await openLines(fsStore(folder), { readOnly: true });
      const predictions = predictionsOf(registry);
      const recorded = new Set((await all(predictions.find("lines"))).map(({ id }) => id));
      const lost = answered.filter((id) => !recorded.has(id));
      // "batch": the backlog is what may wait. The server has one of 25, and writes by tens.
      expect(lost.length).toBeLessThanOrEqual(durable === "each" ? 0 : 25);
      expect(recorded.size).toBeGreaterThan(0);
      // What was lost are the last ones, and no batch is half there.
      expect(answered.slice(answered.length - lost.length)).toEqual(lost);
      expect(await predictions.check("lines")).toMatchObject({ ok: true, problems: [] });
    }
  });
});
