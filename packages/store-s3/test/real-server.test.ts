import { runSuite, storeSuite } from "@modelkeep/testkit";
import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { s3Store, type S3StoreOptions } from "../src/index.js";

const {
  MODELKEEP_TEST_S3_ENDPOINT: endpoint,
  MODELKEEP_TEST_S3_BUCKET: bucket,
  MODELKEEP_TEST_S3_REGION: region,
} = process.env;

function options(): S3StoreOptions {
  return {
    bucket: bucket ?? "",
    prefix: `suite/${randomUUID().slice(0, 8)}`,
    // The least that S3 takes.
    partSize: 5 << 20,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(region === undefined ? {} : { region }),
  };
}

describe("s3 store on a real server", () => {
  if (bucket === undefined || bucket === "") {
    // The report of a run shows this line. tooling/ci/s3-start.sh starts a server and says what to set.
    test.skip("did not run: MODELKEEP_TEST_S3_BUCKET and MODELKEEP_TEST_S3_ENDPOINT are not set", () => undefined);
    return;
  }

  runSuite(
    storeSuite(() => {
      const store = s3Store(options());
      return { store, dispose: () => store[Symbol.asyncDispose]?.() };
    }),
    { test },
    { timeout: 300_000 },
  );

  test("a large body is put if absent once, whatever the service makes of conditional multipart uploads", async () => {
    const store = s3Store(options());
    const body = (seed: number) =>
      async function* () {
        for (let turn = 0; turn < 12; turn++) yield new Uint8Array(1 << 20).fill(seed + turn);
      };
    const outcomes = await Promise.allSettled(
      [1, 2, 3, 4].map((seed) => store.put("large", body(seed * 20), { if: "absent" })),
    );
    const winners = outcomes.flatMap(({ status }, index) => (status === "fulfilled" ? [index + 1] : []));
    expect(winners).toHaveLength(1);
    const reasons = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason as unknown] : []));
    for (const reason of reasons) expect(reason).toMatchObject({ code: "already_exists" });
    const object = await store.get("large");
    expect(object?.info.size).toBe(12 << 20);
    const target = new Uint8Array(12 << 20);
    await object!.readInto(target);
    expect([0, 11].map((turn) => target[(turn << 20) + 5])).toEqual([0, 11].map((turn) => winners[0]! * 20 + turn));
  }, 60_000);

  test("trouble with bucket and credentials is told apart", async () => {
    const wrong = { accessKeyId: "nobody", secretAccessKey: "wrong" };
    for (const [change, code, sentence] of [
      [{ bucket: "modelkeep-no-such-bucket" }, "not_found", /no such bucket/],
      [{ credentials: wrong }, "refused", /does not know the access key|denied/],
    ] as const) {
      const store = s3Store({ ...options(), ...change });
      for (const call of [
        () => store.head("a"),
        () => store.get("a"),
        () => store.put("a", new Uint8Array(1)),
        () => store.put("a", new Uint8Array(1), { if: "absent" }),
        () => store.list("")[Symbol.asyncIterator]().next(),
      ])
        await expect(call()).rejects.toMatchObject({ code, message: expect.stringMatching(sentence) as string });
    }
  });
});
