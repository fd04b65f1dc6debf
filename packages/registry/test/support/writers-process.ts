import { isModelkeepError, memorySource } from "@modelkeep/core";
import { s3Store } from "@modelkeep/store-s3";

import { openLines } from "./registry.js";
import { random } from "./scheduler.js";

/** Writers on one bucket until standard input ends. A line of output for each thing that was acknowledged. */
const [prefix, seed, writers, models, pause] = process.argv.slice(2);
const { MODELKEEP_TEST_S3_ENDPOINT: endpoint, MODELKEEP_TEST_S3_BUCKET: bucket = "" } = process.env;
const store = s3Store({ bucket, prefix: prefix!, ...(endpoint !== undefined && { endpoint }) });
const aliases = ["live", "next"];
const asked = new AbortController();
process.stdin.resume().once("end", () => asked.abort());

const say = (...words: (string | number)[]) => process.stdout.write(`${JSON.stringify(words)}\n`);
const names = Array.from({ length: Number(writers) }, (_, index) => `writer ${seed}.${index}`);
await Promise.all(names.map((name, index) => write(name, random(Number(seed) * 1000 + index))));
await store[Symbol.asyncDispose]?.();

async function write(writer: string, next: () => number): Promise<void> {
  const registry = await openLines(store, { actor: writer });
  const upTo = (count: number) => Math.floor(next() * count);
  for (let round = 0; !asked.signal.aborted; round++) {
    const model = `model-${upTo(Number(models))}`;
    const kind = next();
    if (kind < 0.5) {
      const text = `${writer}, ${round}`;
      const { version } = await registry.save(model, {
        files: [memorySource("a.txt", new TextEncoder().encode(text))],
      });
      say("saved", model, version, text);
    } else if (kind < 0.99) {
      await move(model, aliases[upTo(aliases.length)]!);
    } else {
      say("collected", (await registry.collectGarbage({ graceSeconds: 5 })).removed);
    }
    await new Promise((resolve) => setTimeout(resolve, next() * Number(pause)));
  }

  async function move(model: string, alias: string): Promise<void> {
    try {
      const shown = await registry.show(model);
      const version = 1 + upTo(shown.versions.length);
      const before = shown.aliases[alias] ?? null;
      if (version === before) return;
      await registry.alias(model, alias, version, { expect: before });
      say("moved", model, alias, version);
    } catch (error) {
      // Not saved yet, or somebody else was first.
      if (!isModelkeepError(error, "not_found") && !isModelkeepError(error, "conflict")) throw error;
      say("refused", model);
    }
  }
}
