import { randomUUID } from "node:crypto";
import { accessSync, constants, cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { collect, type Store } from "@modelkeep/core";
import { fsStore } from "@modelkeep/store-fs";
import { memoryStore } from "@modelkeep/store-memory";
import { createSchema, postgresStore } from "@modelkeep/store-postgres";
import { s3Store } from "@modelkeep/store-s3";
import { sqliteStore } from "@modelkeep/store-sqlite";
import { Client } from "pg";

export type Objects = readonly (readonly [key: string, bytes: Uint8Array])[];

/** One state of a store, that any number of clients open one after the other. */
export interface Place {
  /** Where it lies, if it lies in files. */
  readonly folder?: string;
  open(): Store;
  dispose(): Promise<void>;
}

export interface Places {
  make(): Promise<Place>;
  dispose(): void | Promise<void>;
}

export interface Backend {
  readonly name: string;
  /** The variable that says where its server is, where it has one and nobody has said. */
  readonly needs?: string | undefined;
  /** Makes of some objects a factory of places that hold them. */
  readonly prepare: (objects: Objects) => Promise<Places>;
}

const {
  MODELKEEP_TEST_S3_ENDPOINT: endpoint,
  MODELKEEP_TEST_S3_BUCKET: bucket,
  MODELKEEP_TEST_POSTGRES: postgres,
} = process.env;

export const backends: readonly Backend[] = [
  {
    name: "memory",
    prepare: (objects) =>
      Promise.resolve({
        async make() {
          const store = memoryStore();
          await fill(store, objects);
          return { open: () => store, dispose: () => Promise.resolve() };
        },
        dispose: () => undefined,
      }),
  },
  {
    name: "fs",
    async prepare(objects) {
      const template = mkdtempSync(join(scratchRoot(), "modelkeep-template-"));
      await fill(fsStore(template), objects);
      return copies(template, (folder) => fsStore(folder));
    },
  },
  {
    name: "sqlite",
    async prepare(objects) {
      const template = mkdtempSync(join(scratchRoot(), "modelkeep-template-"));
      const store = sqliteStore(join(template, "models.db"));
      await fill(store, objects);
      // Closing brings everything into the one file.
      await store[Symbol.asyncDispose]?.();
      return copies(template, (folder) => sqliteStore(join(folder, "models.db")));
    },
  },
  {
    name: "s3",
    needs: bucket === undefined || bucket === "" ? "MODELKEEP_TEST_S3_BUCKET" : undefined,
    prepare: (objects) =>
      Promise.resolve({
        async make() {
          const prefix = `registry/${randomUUID().slice(0, 8)}`;
          const store = s3Store({ bucket: bucket ?? "", prefix, ...(endpoint !== undefined && { endpoint }) });
          await fill(store, objects);
          return {
            open: () => store,
            async dispose() {
              await empty(store);
              await store[Symbol.asyncDispose]?.();
            },
          };
        },
        dispose: () => undefined,
      }),
  },
  {
    name: "postgres",
    needs: postgres === undefined || postgres === "" ? "MODELKEEP_TEST_POSTGRES" : undefined,
    async prepare(objects) {
      const options = { url: postgres, schema: `faults_${randomUUID().slice(0, 8)}` };
      await createSchema(options);
      return {
        async make() {
          const store = postgresStore(options);
          await empty(store);
          await fill(store, objects);
          return { open: () => store, dispose: async () => store[Symbol.asyncDispose]?.() };
        },
        async dispose() {
          const client = new Client(postgres);
          await client.connect();
          await client.query(`DROP SCHEMA "${options.schema}" CASCADE`);
          await client.end();
        },
      };
    },
  },
];

/** Its name, with what it needs. */
export function titleOf({ name, needs }: Backend): string {
  return needs === undefined ? name : `${name} (needs ${needs})`;
}

/** Those of this machine alone. */
export const localBackends = backends.filter(({ name }) => name !== "s3" && name !== "postgres");

async function empty(store: Store): Promise<void> {
  for await (const { key } of store.list("")) await store.delete(key);
}

export async function fill(store: Store, objects: Objects): Promise<void> {
  for (const [key, bytes] of objects) await store.put(key, bytes);
}

/** Everything in a store. */
export async function objectsOf(store: Store): Promise<Objects> {
  const objects: [string, Uint8Array][] = [];
  for await (const { key } of store.list("")) {
    const object = await store.get(key);
    if (object !== undefined) objects.push([key, await collect(object.stream())]);
  }
  return objects;
}

/** Memory where there is a folder of it: what survives the end of a process does not depend on the disk. */
export function scratchRoot(): string {
  try {
    accessSync("/dev/shm", constants.W_OK);
    return "/dev/shm";
  } catch {
    return tmpdir();
  }
}

function copies(template: string, open: (folder: string) => Store): Places {
  return {
    make() {
      const folder = mkdtempSync(join(scratchRoot(), "modelkeep-place-"));
      cpSync(template, folder, { recursive: true });
      const stores: Store[] = [];
      return Promise.resolve({
        folder,
        open() {
          const store = open(folder);
          stores.push(store);
          return store;
        },
        async dispose() {
          for (const store of stores) await store[Symbol.asyncDispose]?.();
          rmSync(folder, { recursive: true });
        },
      });
    },
    dispose: () => rmSync(template, { recursive: true }),
  };
}
