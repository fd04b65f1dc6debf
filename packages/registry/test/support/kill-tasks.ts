import type { Store } from "@modelkeep/core";

import { backupRegistry, type Registry, restoreRegistry } from "../../src/index.js";
import { type Operation, operations } from "./operations.js";
import { openLines } from "./registry.js";

/** What a process does on stores by name: "models" is prepared, "backup" is a backup of it, others are empty. */
export interface KillTask {
  readonly name: string;
  run(open: (place: string) => Store, moments: { begin: () => void; end: () => void }): Promise<void>;
  /** Where the registry lies that must be whole afterwards, and must be done when that was acknowledged. */
  readonly place: string;
  done(registry: Registry): Promise<boolean>;
}

export const tasks: readonly KillTask[] = [
  ...operations.flatMap((operation) => ofOperation(operation)),
  {
    name: "backup",
    place: "fresh",
    async run(open, moments) {
      const [from, to] = [open("models"), open("fresh")];
      moments.begin();
      await backupRegistry(from, to);
      moments.end();
    },
    done: isComplete,
  },
  {
    name: "restore",
    place: "fresh",
    async run(open, moments) {
      const [from, to] = [open("backup"), open("fresh")];
      moments.begin();
      await restoreRegistry(from, to);
      moments.end();
    },
    done: isComplete,
  },
];

function ofOperation({ name, run, done }: Operation): KillTask[] {
  if (done === undefined) return [];
  return [
    {
      name,
      place: "models",
      async run(open, moments) {
        const registry = await openLines(open("models"));
        moments.begin();
        await run(registry);
        moments.end();
      },
      done,
    },
  ];
}

async function isComplete(registry: Registry): Promise<boolean> {
  const { versions } = await registry.check();
  return versions === 3 && (await registry.resolve("lines@production")).version === 1;
}
