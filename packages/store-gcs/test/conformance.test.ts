import { randomUUID } from "node:crypto";

import { runSuite, storeSuite } from "@modelkeep/testkit";
import { describe, expect, test } from "vitest";

import { gcsStore, gcsStoreFromUrl } from "../src/index.js";

const endpoint = process.env["MODELKEEP_TEST_GCS"];

describe.skipIf(endpoint === undefined)("Google Cloud Storage (needs MODELKEEP_TEST_GCS)", () => {
  runSuite(
    storeSuite(
      () => ({
        store: gcsStore({
          bucket: "modelkeep-test",
          prefix: `suite/${randomUUID().slice(0, 8)}`,
          endpoint,
          chunkSize: 1 << 20,
        }),
      }),
      { race: { writers: 32, increments: 15 } },
    ),
    { test },
    { timeout: 300_000 },
  );

  test("streams that are given up half-way keep nobody waiting", { timeout: 10_000 }, async () => {
    const store = gcsStore({ bucket: "modelkeep-test", prefix: `left/${randomUUID().slice(0, 8)}`, endpoint });
    await store.put("large", new Uint8Array(48 << 20));
    for (let turn = 0; turn < 6; turn++)
      for await (const piece of (await store.get("large"))!.stream()) {
        expect(piece.length).toBeGreaterThan(0);
        break;
      }
  });
});

test("what is no URL of a bucket is refused", () => {
  for (const url of ["gs", "gs://", "gs://UPPER_case!", "gs://user:key@bucket", "gs://bucket?sig=x"])
    expect(() => gcsStoreFromUrl(url), url).toThrow(/gcs/u);
  expect(gcsStoreFromUrl("gs://bucket/some/prefix").name).toBe("gcs");
});
