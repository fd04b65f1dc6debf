import { readFileSync } from "node:fs";

import { expect, it } from "vitest";

import { encodeBatch, readBatch } from "../src/batch.js";
import { parseBatchKey } from "../src/batch-key.js";
import { memoryStore } from "@modelkeep/store-memory";

const page = readFileSync(new URL("../../../spec/prediction-records.md", import.meta.url), "utf8");
const [, key, text] = /^```jsonl (\S+)\n([\s\S]*?)^```$/mu.exec(page)!;

it("the specification's batch is written and read as it says", async () => {
  const store = memoryStore();
  const { gzipSync } = await import("node:zlib");
  await store.put(key!, gzipSync(text!));
  const { header, records } = (await readBatch(store, parseBatchKey(key!)!))!;
  expect(header).toMatchObject({ model: "credit-scorer", batch: 1, records: 2 });
  expect([...records[0]!.inputs!.get("x")!.data]).toEqual([52000, -0, Number.NaN]);
  const again = await encodeBatch(
    { model: header.model, writer: header.writer, batch: header.batch, previous: header.previous },
    text!
      .split("\n")
      .slice(1, 3)
      .map((line, index) => {
        // As the writer lays fields out: those of the example, in its order.
        const { id, inputs: _i, outputs: _o, latency, ...rest } = JSON.parse(line) as Record<string, unknown>;
        const { inputs, outputs } = records[index]!;
        const tensors = { ...(inputs && { inputs }), ...(outputs && { outputs }) };
        const record = { ...(rest as unknown as (typeof records)[number]), latency: latency as number, ...tensors };
        return { id: id as string, entry: { record: () => record } };
      }),
  );
  expect(again.key).toBe(key);
});

it("the specification names every field of a record", () => {
  const lines = text!
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const fields = new Set(lines.flatMap((line) => Object.keys(line)));
  for (const field of fields) expect(page).toMatch(new RegExp(`^\\| (\`\\w+\\??\`, )*\`${field}\\??\``, "mu"));
});
