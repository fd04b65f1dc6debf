import type { Store } from "@modelkeep/core";

import { backupRegistry, type Registry, restoreRegistry } from "../../src/index.js";
import { type Operation, operations } from "./operations.js";
import { openLines } from "./registry.js";

/** What a process does on stores by name: "models" is prepared, "backup" is a backup of it, others are empty. */
export interface KillTask {
  readonly name: string;
  run(open: (place: string) => Store, moments: { begin(): void; end(): void }): Promise<void>;
  /** Where the registry lies that must be whole afterwards, and must be done when that was acknowledged. */
  readonly place: string;
  done(registry: Registry): Promise<boolean>;
}

export const tasks: readonly KillTask[] = [
  ...operations.flatMap((operation) => ofOperation(operation)),
  {
    name: "backup",
    place: "fresh",
    async run(open, { begin, end }) {
      const [from, to] = [open("models"), open("fresh")];
      begin();
      await backupRegistry(from, to);
      end();
    },
    done: isComplete,
  },
  {
    name: "restore",
    place: "fresh",
    async run(open, { begin, end }) {
      const [from, to] = [open("backup"), open("fresh")];
      begin();
      await restoreRegistry(from, to);
      end();
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
      async run(open, { begin, end }) {
        const registry = await openLines(open("models"));
        begin();
        await run(registry);
        end();
      },
      done,
    },
  ];
}

async function isComplete(registry: Registry): Promise<boolean> {
  const { versions } = await registry.check();
  return versions === 3 && (await registry.resolve("lines@production")).version === 1;
}
