import { runSuite, storeSuite } from "@modelkeep/testkit";
import { randomUUID } from "node:crypto";
import { afterAll, describe, test } from "vitest";
import { s3Store } from "../src/index.js";
import { fakeBucketName, startFakeS3 } from "./fake-s3.js";

const server = await startFakeS3();
afterAll(() => server[Symbol.asyncDispose]());

const credentials = { accessKeyId: "fake", secretAccessKey: "fake" };

// Every case has a prefix of its own. The smaller parts are far smaller than S3 allows, so that the suite's bodies have many.
for (const [partSize, increments] of [
  [8 << 20, 100],
  [200_000, 10],
] as const)
  runSuite(
    storeSuite(
      () => {
        const store = s3Store({
          bucket: fakeBucketName,
          prefix: `suite/${randomUUID().slice(0, 8)}`,
          endpoint: server.endpoint,
          credentials,
          partSize,
          retries: { firstDelay: 1 },
        });
        return { store, dispose: () => store[Symbol.asyncDispose]?.() };
      },
      { race: { writers: 32, increments } },
    ),
    { describe, test },
    { name: `s3 store on a server of our own, parts of ${partSize} bytes`, timeout: 180_000 },
  );
