import { afterEach, beforeEach } from "vitest";
import type { Store } from "@modelkeep/core";
import { s3Store, type S3StoreOptions } from "../src/index.js";
import { probeKey } from "../src/probe.js";
import { fakeBucketName, startFakeS3, type FakeS3, type Operation, type Trouble } from "./fake-s3.js";

/** A server that fails on demand and a store on it, new for each test. */
export interface Bench {
  readonly server: FakeS3;
  readonly store: Store;
  /** Another store on the same server, as another process would have it. */
  open(options?: Partial<S3StoreOptions>): Store;
  fail(on: Operation, trouble: Trouble, more?: { times?: number; skip?: number; key?: string }): void;
  /** The bytes of an object as the server has them. */
  there(key: string): Uint8Array | undefined;
  /** Requests since the last call, without those of the probe. */
  requests(): readonly string[];
}

export function bench(defaults: Partial<S3StoreOptions> = {}): Bench {
  let server: FakeS3;
  let stores: Store[] = [];
  const open = (options: Partial<S3StoreOptions> = {}): Store => {
    const store = s3Store({
      bucket: fakeBucketName,
      endpoint: server.endpoint,
      credentials: { accessKeyId: "fake", secretAccessKey: "fake" },
      retries: { attempts: 4, firstDelay: 1, longestDelay: 4 },
      timeout: 300,
      partSize: 1000,
      ...defaults,
      ...options,
    });
    stores.push(store);
    return store;
  };
  beforeEach(async () => {
    server = await startFakeS3();
    open();
  });
  afterEach(async () => {
    for (const store of stores) await store[Symbol.asyncDispose]?.();
    stores = [];
    await server[Symbol.asyncDispose]();
  });
  return {
    get server() {
      return server;
    },
    get store() {
      return stores[0]!;
    },
    open,
    fail(on, trouble, more = {}) {
      server.faults.push({ on, trouble, ...more });
    },
    there(key) {
      const object = server.bucket.objects.get(key);
      return object && new Uint8Array(object.bytes);
    },
    requests: () => server.log.splice(0).filter((line) => !line.endsWith(probeKey)),
  };
}

export function bytes(size: number, seed = 1): Uint8Array {
  return Uint8Array.from({ length: size }, (_, index) => (index * 31 + (index >> 8) * 7 + seed) & 255);
}
