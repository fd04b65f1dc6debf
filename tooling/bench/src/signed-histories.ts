import { generateKey, type KeyAlgorithm } from "@modelkeep/attest";
import { memorySource } from "@modelkeep/core";
import { openRegistry, type RegistryOptions } from "@modelkeep/registry";
import { memoryStore } from "@modelkeep/store-memory";

import { type Bench, roundsOf } from "./bench.js";
import { interleave } from "./measure.js";
import type { Row } from "./row.js";

/** What signing costs whoever reads a history for the first time in a process. Each round reads another one: what was judged is remembered. */
export async function signedHistories(bench: Bench): Promise<Row[]> {
  const entries = bench.quick ? 100 : 1000;
  const rounds = roundsOf(bench, 5);
  const kinds = ["plain", "ed25519", "ecdsa-p256"] as const;
  const store = memoryStore();
  // One more than rounds, for the warm-up.
  for (const kind of kinds) await writeHistories(kind, entries, rounds + 1);
  const turns = { plain: 0, ed25519: 0, "ecdsa-p256": 0 };
  const read = (kind: keyof typeof turns) => async () => {
    const registry = await openRegistry({ store, readOnly: true });
    await registry.show(`${kind}-${turns[kind]++}`);
  };
  const times = await interleave(rounds, {
    plain: read("plain"),
    ed25519: read("ed25519"),
    "ecdsa-p256": read("ecdsa-p256"),
  });
  const note = `in memory; one of ${entries} entries`;
  return kinds.map((kind) => ({
    what: `read an entry of a history, ${kind === "plain" ? "not signed" : `signed with ${kind}`}`,
    measured: times[kind]! / entries,
    unit: "ms",
    note,
  }));

  async function writeHistories(kind: keyof typeof turns, count: number, histories: number): Promise<void> {
    for (let history = 0; history < histories; history++) {
      const registry = await openRegistry({ store, ...signing(kind) });
      const name = `${kind}-${history}`;
      await registry.save(name, { files: [memorySource("model.bin", Uint8Array.of(1))] });
      for (let entry = 1; entry < count; entry++) await registry.tag(name, 1, { entry: String(entry) });
    }
  }
}

function signing(kind: "plain" | KeyAlgorithm): Partial<RegistryOptions> {
  if (kind === "plain") return { actor: "bench" };
  const { privateKeyPem, publicKeyPem } = generateKey(kind);
  return { signEntries: privateKeyPem, signers: { add: [{ name: "bench", key: publicKeyPem, admin: true }] } };
}
