import { randomBytes } from "node:crypto";

import type { Store } from "@modelkeep/core";

import type { Row } from "../row.js";

/** A store on a server, and the same server by nothing but its own client library. */
export interface Server {
  readonly store: Store;
  /** One body under a name. */
  put(name: string, bytes: Uint8Array): Promise<void>;
  get(name: string): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** What a store needs, by its name: an environment variable that says where its server is. */
const servers: Readonly<Record<string, { readonly needs: string; readonly open: (url: string) => Promise<Server> }>> = {
  "store-s3": { needs: "MODELKEEP_TEST_S3_ENDPOINT", open: s3Server },
  "store-azure": { needs: "MODELKEEP_TEST_AZURE", open: azureServer },
  "store-gcs": { needs: "MODELKEEP_TEST_GCS", open: gcsServer },
  "store-postgres": { needs: "MODELKEEP_TEST_POSTGRES", open: postgresServer },
};

/** Does the work on every store whose server is there, and tells of those whose is not. */
export async function onServers(
  work: (name: string, server: Server) => Promise<readonly Row[]>,
  without: (name: string, needs: string) => readonly Row[] = () => [],
): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [name, { needs, open }] of Object.entries(servers)) {
    const where = process.env[needs];
    if (where === undefined) {
      rows.push(...without(name, needs));
      continue;
    }
    const server = await open(where);
    try {
      rows.push(...(await work(name, server)));
    } finally {
      await server.close();
    }
  }
  return rows;
}

const scratch = () => `bench_${randomBytes(4).toString("hex")}`;

async function postgresServer(url: string): Promise<Server> {
  const { createSchema, postgresStore } = await import("@modelkeep/store-postgres");
  const { default: pg } = await import("pg");
  const schema = scratch();
  await createSchema({ url, schema });
  const store = postgresStore({ url, schema });
  const pool = new pg.Pool({ connectionString: url });
  await pool.query(`CREATE TABLE ${schema}.raw (name text PRIMARY KEY, bytes bytea)`);
  await pool.query(`ALTER TABLE ${schema}.raw ALTER COLUMN bytes SET STORAGE EXTERNAL`);
  return {
    store,
    async put(name, bytes) {
      await pool.query(
        `INSERT INTO ${schema}.raw VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET bytes = EXCLUDED.bytes`,
        [name, bytes],
      );
    },
    async get(name) {
      const { rows } = await pool.query<{ bytes: Uint8Array }>(`SELECT bytes FROM ${schema}.raw WHERE name = $1`, [
        name,
      ]);
      return rows[0]!.bytes;
    },
    async close() {
      await store[Symbol.asyncDispose]?.();
      await pool.query(`DROP SCHEMA ${schema} CASCADE`);
      await pool.end();
    },
  };
}

async function azureServer(connectionString: string): Promise<Server> {
  const { azureStore, createContainer } = await import("@modelkeep/store-azure");
  const { ContainerClient } = await import("@azure/storage-blob");
  const container = scratch().replace("_", "-");
  await createContainer({ container, connectionString });
  const client = new ContainerClient(connectionString, container);
  return {
    store: azureStore({ container, connectionString }),
    async put(name, bytes) {
      await client.getBlockBlobClient(`raw/${name}`).uploadData(bytes);
    },
    get: (name) => client.getBlockBlobClient(`raw/${name}`).downloadToBuffer(),
    async close() {
      await client.delete();
    },
  };
}

async function gcsServer(endpoint: string): Promise<Server> {
  const { gcsStore } = await import("@modelkeep/store-gcs");
  const { Storage } = await import("@google-cloud/storage");
  const [bucket, prefix] = ["modelkeep-test", scratch()];
  const client = new Storage({ apiEndpoint: endpoint, projectId: "modelkeep" }).bucket(bucket);
  return {
    store: gcsStore({ bucket, prefix, endpoint }),
    async put(name, bytes) {
      await client
        .file(`${prefix}/raw/${name}`)
        .save(Buffer.from(bytes), { resumable: bytes.length > 8 << 20, validation: false });
    },
    async get(name) {
      return (await client.file(`${prefix}/raw/${name}`).download({ validation: false }))[0];
    },
    async close() {
      await client.deleteFiles({ prefix: `${prefix}/`, force: true });
    },
  };
}

async function s3Server(endpoint: string): Promise<Server> {
  const { s3Store } = await import("@modelkeep/store-s3");
  const { GetObjectCommand, PutObjectCommand, S3Client } = await import("@aws-sdk/client-s3");
  const { MODELKEEP_TEST_S3_BUCKET: bucket = "modelkeep-test", MODELKEEP_TEST_S3_REGION: region = "us-east-1" } =
    process.env;
  const prefix = scratch();
  const client = new S3Client({ endpoint, region, forcePathStyle: true });
  const at = (name: string) => ({ Bucket: bucket, Key: `${prefix}/raw/${name}` });
  const store = s3Store({ bucket, prefix, endpoint, region });
  return {
    store,
    async put(name, bytes) {
      await client.send(new PutObjectCommand({ ...at(name), Body: bytes }));
    },
    get: async (name) => (await client.send(new GetObjectCommand(at(name)))).Body!.transformToByteArray(),
    async close() {
      await store[Symbol.asyncDispose]?.();
      client.destroy();
    },
  };
}
