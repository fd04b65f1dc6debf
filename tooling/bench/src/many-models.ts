import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { collect, digestOf, memorySource } from "@modelkeep/core";
import { openRegistry } from "@modelkeep/registry";
import { fsStore } from "@modelkeep/store-fs";
import { memoryStore } from "@modelkeep/store-memory";

export const versions = 10;

export function modelName(index: number): string {
  return `model-${String(index).padStart(5, "0")}`;
}

/**
 * A registry of many models with ten versions each and `production` at the ninth. One model is registered; the logs of the
 * others are written after it, with digests that chain, as `spec/registry-log.md` says they must. Payloads are left out.
 */
export async function writeManyModels(folder: string, models: number): Promise<void> {
  const store = memoryStore();
  const registry = await openRegistry({ store, actor: "bench" });
  for (let version = 1; version <= versions; version++) {
    const file = memorySource("model.bin", new Uint8Array(64).fill(version));
    await registry.save("pattern", {
      files: [file],
      description: "A model of the benchmark",
      metrics: { auc: 0.5, accuracy: 0.5 },
      parameters: { trees: version * 10, depth: 8, criterion: "gini" },
      tags: { team: "risk" },
    });
  }
  await registry.alias("pattern", "production", versions - 1);
  const pattern: Uint8Array[] = [];
  for await (const { key } of store.list("models/pattern/log/"))
    pattern.push(await collect((await store.get(key))!.stream()));

  await openRegistry({ store: fsStore(folder), actor: "bench" });
  mkdirSync(join(folder, "names"), { recursive: true });
  for (let index = 0; index < models; index++) {
    const name = modelName(index);
    const log = join(folder, "models", name, "log");
    mkdirSync(log, { recursive: true });
    writeFileSync(join(folder, "names", name), `${JSON.stringify({ name })}\n`);
    let previous: string | null = null;
    for (const [at, entry] of pattern.entries()) {
      const written = entryFor(new TextDecoder().decode(entry), name, previous, ((index * versions + at) % 997) / 997);
      writeFileSync(join(log, `${String(at + 1).padStart(12, "0")}.json`), written.text);
      previous = written.digest;
    }
  }
}

/** `{"body":` body `,` line feed `"placement":` placement `,` line feed `"checksum":` …: the digest of one body is what the next one names. */
function entryFor(pattern: string, model: string, previous: string | null, metric: number) {
  const [first = "", placement = ""] = pattern.split("\n");
  const body = JSON.parse(first.slice('{"body":'.length, -1)) as { change: { summary?: { metrics: object } } };
  if (body.change.summary !== undefined) body.change.summary.metrics = { auc: metric, accuracy: 1 - metric };
  const text = JSON.stringify({ ...body, model, previous });
  const summed = `{"body":${text},\n${placement.slice(0, -1)}`;
  return { text: `${summed},\n"checksum":"${digest(summed)}"}\n`, digest: digest(text) };
}

function digest(text: string): string {
  return digestOf(new TextEncoder().encode(text));
}
