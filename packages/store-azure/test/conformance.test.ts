import { randomUUID } from "node:crypto";

import { runSuite, storeSuite } from "@modelkeep/testkit";
import { describe, expect, test } from "vitest";

import { azureStore, azureStoreFromUrl, createContainer } from "../src/index.js";

const connectionString = process.env["MODELKEEP_TEST_AZURE"];
const container = "modelkeep-test";

describe.skipIf(connectionString === undefined)("Azure Blob Storage (needs MODELKEEP_TEST_AZURE)", () => {
  const open = (more: object = {}) =>
    azureStore({
      container,
      prefix: `suite/${randomUUID().slice(0, 8)}`,
      connectionString,
      blockSize: 1 << 20,
      ...more,
    });

  runSuite(
    storeSuite(
      async () => {
        await createContainer({ container, connectionString });
        return { store: open() };
        // The emulator lists from the beginning, whatever it is told: its race is a short one.
      },
      { race: { writers: 32, increments: 8 } },
    ),
    { test },
    { timeout: 300_000 },
  );

  test("large bodies that are put at once are whole, whoever wins", async () => {
    const store = open();
    const body = (seed: number) =>
      async function* () {
        for (let turn = 0; turn < 6; turn++) yield new Uint8Array(1 << 20).fill(seed * 10 + turn);
      };
    for (const condition of [{ if: "absent" as const }, {}]) {
      const key = `large-${condition.if ?? "over"}`;
      const outcomes = await Promise.allSettled([1, 2, 3, 4].map((seed) => store.put(key, body(seed), condition)));
      const won = outcomes.filter(({ status }) => status === "fulfilled").length;
      expect(won).toBe(condition.if === "absent" ? 1 : 4);
      const target = new Uint8Array(6 << 20);
      await (await store.get(key))!.readInto(target);
      const seed = Math.floor(target[0]! / 10);
      for (let turn = 0; turn < 6; turn++) expect(target[(turn << 20) + 99]).toBe(seed * 10 + turn);
    }
  }, 60_000);

  test("a container that is not there, and a wrong key, are told as such", async () => {
    await expect(open({ container: "no-such-container" }).get("a")).rejects.toMatchObject({
      code: "not_found",
      message: expect.stringMatching(/store init/u) as string,
    });
    const wrong = connectionString!.replace(/AccountKey=[^;]+/u, "AccountKey=d3Jvbmc=");
    await expect(open({ connectionString: wrong }).head("a")).rejects.toMatchObject({ code: "refused" });
  });
});

test("what is no URL of a container is refused, and so are credentials in it", () => {
  for (const url of [
    "azure",
    "azure://account/",
    "azure://account/UPPER",
    "azure://user:key@account/models",
    "azure://account/models?sig=x",
  ])
    expect(() => azureStoreFromUrl(url), url).toThrow(/azure/u);
  expect(azureStoreFromUrl("azure://account/models/some/prefix").name).toBe("azure");
});
