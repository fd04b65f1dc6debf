import { runSuite } from "@modelkeep/testkit";
import { faultProxy, storeFaultSuite } from "@modelkeep/testkit/node";
import { describe, expect, test } from "vitest";

import { gcsStore } from "../src/index.js";

const target = process.env["MODELKEEP_TEST_GCS"];

describe.skipIf(target === undefined)("Google Cloud Storage with faults (needs MODELKEEP_TEST_GCS)", () => {
  const open = (endpoint: string, prefix: string, timeout?: number) =>
    gcsStore({
      bucket: "modelkeep-test",
      prefix,
      endpoint,
      chunkSize: 1 << 18,
      timeout,
      client: { retryOptions: { maxRetryDelay: 1 } },
    });

  runSuite(
    storeFaultSuite({
      target: target ?? "http://127.0.0.1",
      large: 5 << 18,
      open: (url, prefix) => open(url, prefix),
      // Of an answer that breaks off the client says nothing: each takes the whole timeout.
      troubles: ["lost", "unanswered", "busy"],
      // The emulator takes the question how far an upload is for its end: uploads in parts are not tried on it.
    }).filter(({ name }) => !/^put if absent of a large|^put if absent where|^put of a large/u.test(name)),
    // Mostly they wait for the client's pauses.
    { test: test.concurrent },
    { timeout: 300_000 },
  );

  test("an answer that breaks off is asked for again, when nothing comes any more", { timeout: 60_000 }, async () => {
    await using proxy = await faultProxy(target!);
    const store = open(proxy.url, `cut-${Math.random()}`, 3000);
    await store.put("key", new Uint8Array(5 << 18).fill(7));
    proxy.arm(2, "cut");
    const bytes = new Uint8Array(5 << 18);
    await (await store.get("key"))!.readInto(bytes);
    expect(bytes.every((byte) => byte === 7)).toBe(true);
    expect(proxy.requests).toBe(3);
  });
});
