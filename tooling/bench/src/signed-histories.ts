import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { generateKey, type KeyAlgorithm } from "@modelkeep/attest";
import { collect, memorySource } from "@modelkeep/core";
import { openRegistry, type RegistryOptions } from "@modelkeep/registry";
import { memoryStore } from "@modelkeep/store-memory";

import { type Bench, roundsOf } from "./bench.js";
import { inFreshProcess } from "./fresh-process.js";
import { interleave } from "./measure.js";
import type { Row } from "./row.js";

const kinds = ["plain", "ed25519", "ecdsa-p256"] as const;

type Kind = (typeof kinds)[number];

/** What signing costs whoever reads a history. Each time in a process of its own: what was judged once is remembered. */
export async function signedHistories(bench: Bench): Promise<Row[]> {
  const entries = bench.quick ? 100 : 1000;
  const folder = join(bench.folder, "signed");
  for (const kind of kinds) await writeHistory(join(folder, kind), kind, entries);
  const read = (kind: Kind) => () => inFreshProcess("history", { folder: join(folder, kind), name: "model" });
  const times = await interleave(roundsOf(bench, 5), {
    plain: read("plain"),
    ed25519: read("ed25519"),
    "ecdsa-p256": read("ecdsa-p256"),
  });
  return kinds.map((kind) => ({
    what: `read an entry of a history, ${kind === "plain" ? "not signed" : `signed with ${kind}`}`,
    measured: times[kind]! / entries,
    unit: "ms",
    note: `one of ${entries.toLocaleString("en")}, from memory, in a fresh process`,
  }));
}

async function writeHistory(folder: string, kind: Kind, entries: number): Promise<void> {
  const store = memoryStore();
  const registry = await openRegistry({ store, ...signing(kind) });
  await registry.save("model", { files: [memorySource("model.bin", Uint8Array.of(1))] });
  for (let entry = 1; entry < entries; entry++) await registry.tag("model", 1, { entry: String(entry) });
  for await (const { key } of store.list("")) {
    const path = join(folder, key);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, await collect((await store.get(key))!.stream()));
  }
}

function signing(kind: "plain" | KeyAlgorithm): Partial<RegistryOptions> {
  if (kind === "plain") return { actor: "bench" };
  const { privateKeyPem, publicKeyPem } = generateKey(kind);
  return { signEntries: privateKeyPem, signers: { add: [{ name: "bench", key: publicKeyPem, admin: true }] } };
}
