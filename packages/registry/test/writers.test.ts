import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { rmSync } from "node:fs";

import { s3Store } from "@modelkeep/store-s3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { eachOf } from "../src/blobs.js";
import { bundle } from "./support/bundle.js";
import { count } from "./support/counts.js";
import { openLines } from "./support/registry.js";

const { MODELKEEP_TEST_S3_ENDPOINT: endpoint, MODELKEEP_TEST_S3_BUCKET: bucket = "" } = process.env;
const minutes = Number(process.env["MODELKEEP_SOAK_MINUTES"] ?? 0.1);
const [processes, writers, models] = [4, 16, 4];
/** The longest that a writer waits between two calls, in milliseconds. */
const pause = minutes < 1 ? 200 : 10_000;
/** How often one of the processes is killed, and another takes its place. */
const killEvery = minutes < 1 ? 3000 : 60_000;

type Line =
  | readonly ["saved", string, number, string]
  | readonly ["moved", string, string, number]
  | readonly ["refused", string]
  | readonly ["collected", number];

describe.skipIf(bucket === "")("64 writers on one bucket (needs MODELKEEP_TEST_S3_BUCKET)", () => {
  let script: string;
  beforeAll(async () => {
    script = await bundle(new URL("./support/writers-process.ts", import.meta.url));
  });
  afterAll(() => rmSync(script, { force: true }));

  it(`lose nothing in ${minutes} minutes, while some are killed`, { timeout: 3 * 3_600_000 }, async () => {
    const prefix = `writers/${randomUUID().slice(0, 8)}`;
    const lines: Line[] = [];
    const words = [writers, models, pause].map(String);
    let seed = 0;
    /** Resolves when something was acknowledged. */
    const start = async () => {
      const child = spawn(process.execPath, [script, prefix, String(++seed), ...words], {
        stdio: ["pipe", "pipe", "inherit"],
      });
      let rest = "";
      child.stdout.setEncoding("utf8").on("data", (text: string) => {
        const parts = (rest + text).split("\n");
        rest = parts.pop()!;
        for (const part of parts) lines.push(JSON.parse(part) as Line);
      });
      const ended = once(child, "close");
      await Promise.race([once(child.stdout, "data"), ended]);
      return { child, ended };
    };

    const running = await Promise.all(Array.from({ length: processes }, start));
    const end = performance.now() + minutes * 60_000;
    let killed = 0;
    for (let left = minutes * 60_000; left > killEvery; left = end - performance.now()) {
      await new Promise((resolve) => setTimeout(resolve, killEvery));
      const { child, ended } = running.shift()!;
      expect(child.exitCode, "a writer ended by itself").toBeNull();
      child.kill("SIGKILL");
      await ended;
      killed++;
      running.push(await start());
    }
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, end - performance.now())));
    for (const { child } of running) child.stdin.end();
    const codes = await Promise.all(running.map(async ({ ended }) => ((await ended) as [number])[0]));
    expect(codes).toEqual(codes.map(() => 0));

    const store = s3Store({ bucket, prefix, ...(endpoint !== undefined && { endpoint }) });
    try {
      const saved = lines.filter((line) => line[0] === "saved");
      const moved = lines.filter((line) => line[0] === "moved");
      count("saves", saved.length);
      count("moves of an alias", moved.length);
      count("writers killed", killed * writers);
      expect(Math.min(saved.length, moved.length)).toBeGreaterThan(0);

      const registry = await openLines(store);
      const report = await registry.check({ full: true });
      expect(report.problems).toEqual([]);
      // What a killed writer was about to do may have been done.
      const between = (found: number, acknowledged: number, what: string) => {
        expect(found, what).toBeGreaterThanOrEqual(acknowledged);
        expect(found, what).toBeLessThanOrEqual(acknowledged + killed * writers);
      };
      between(report.versions, saved.length, "versions");
      expect(new Set(saved.map(([, name, version]) => `${name}@${version}`)).size).toBe(saved.length);
      await eachOf(saved, 16, async ([, name, version, text]) => {
        const payload = (await registry.open(`${name}@${version}`)).payload("a.txt");
        expect(new TextDecoder().decode(await payload!.bytes())).toBe(text);
      });
      let moves = 0;
      for (let index = 0; index < models; index++) {
        const shown = await registry.show(`model-${index}`);
        for (const [alias, history] of Object.entries(shown.moves)) {
          moves += history.length;
          const acknowledged = moved.filter(([, name, which]) => name === shown.name && which === alias);
          for (const [, , , version] of acknowledged)
            expect(history.some((move) => move.version === version)).toBe(true);
        }
      }
      between(moves, moved.length, "moves");
    } finally {
      const keys: string[] = [];
      for await (const { key } of store.list("")) keys.push(key);
      await eachOf(keys, 16, (key) => store.delete(key));
      await store[Symbol.asyncDispose]?.();
    }
  });
});
