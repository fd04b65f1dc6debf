import type { Store } from "@modelkeep/core";
import { type FileOperations, fsStore, nodeFileOperations } from "@modelkeep/store-fs";
import { sqliteStore } from "@modelkeep/store-sqlite";
import { intercepted } from "@modelkeep/store-sqlite/faults";

/** Counts the calls of this process to the file system or to SQLite, and ends it right before one of them. */
export class Fuse {
  calls = 0;
  #left = Infinity;

  light(after: number): void {
    this.calls = 0;
    this.#left = after;
  }

  burn(): void {
    if (this.calls++ >= this.#left) process.kill(process.pid, "SIGKILL");
  }
}

export const kinds = {
  fs: (path: string) => fsStore(path),
  sqlite: (path: string) => sqliteStore(`${path}.db`),
};
export type Kind = keyof typeof kinds;

/** A store whose calls burn the fuse. */
export function killedStore(kind: Kind, path: string, fuse: Fuse): Store {
  if (kind === "fs") return fsStore(path, { operations: burning(fuse) });
  const intercept = <T>(_: string, call: () => T): T => {
    fuse.burn();
    return call();
  };
  return sqliteStore(`${path}.db`, { between: (connection) => intercepted(connection, intercept) });
}

function burning(fuse: Fuse): FileOperations {
  return Object.fromEntries(
    Object.entries(nodeFileOperations).map(([name, call]: [string, (...values: unknown[]) => unknown]) => [
      name,
      (...values: unknown[]) => {
        fuse.burn();
        return call(...values);
      },
    ]),
  ) as unknown as FileOperations;
}
