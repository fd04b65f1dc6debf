import { isModelkeepError } from "@modelkeep/core";

import { type Kind, kinds } from "./support/killed-store.js";
import { openLines } from "./support/registry.js";
import { Line } from "./support/toy.js";

/** Saves and moves an alias, and says so once it has been acknowledged. */
const [kind, path, seed, rounds] = process.argv.slice(2);
const registry = await openLines(kinds[kind as Kind](path!), { actor: `worker ${seed}` });
for (let round = 0; round < Number(rounds); round++) {
  const saved = await registry.save("lines", { model: new Line(round, Number.parseInt(seed!, 36)), again: true });
  process.stdout.write(`saved ${saved.version}\n`);
  const now = (await registry.show("lines")).aliases["live"] ?? null;
  try {
    await registry.alias("lines", "live", saved.version, { expect: now });
    process.stdout.write(`moved ${saved.version}\n`);
  } catch (error) {
    if (!isModelkeepError(error, "conflict")) throw error;
  }
}
