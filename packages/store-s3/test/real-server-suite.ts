import { randomUUID } from "node:crypto";

import { runSuite, storeSuite } from "@modelkeep/testkit";
import { expect, test } from "vitest";

import { s3Store, type S3StoreOptions } from "../src/index.js";

export interface RealServer {
  readonly bucket: string;
  readonly endpoint: string | undefined;
  readonly region: string | undefined;
  readonly race?: { readonly writers: number; readonly increments: number };
}

/** What every real server is held to. */
export function realServerSuite({ race, ...where }: RealServer): void {
  const options = (): S3StoreOptions => ({
    bucket: where.bucket,
    prefix: `suite/${randomUUID().slice(0, 8)}`,
    // The least that S3 takes.
    partSize: 5 << 20,
    ...(where.endpoint !== undefined && { endpoint: where.endpoint }),
    ...(where.region !== undefined && { region: where.region }),
  });

  runSuite(
    storeSuite(() => {
      const store = s3Store(options());
      return { store, dispose: () => store[Symbol.asyncDispose]?.() };
    }, race && { race }),
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
}
