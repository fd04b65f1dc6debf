import { isModelkeepError } from "@modelkeep/core";
import { describe, expect, test } from "vitest";
import { bench, bytes } from "./bench.js";
import type { FakeS3, Operation, Trouble } from "./fake-s3.js";

const at = bench();

/** A small body is one request, a large one an upload in parts. */
const sizes = [10, 3500];
const lastRequest = (size: number): Operation => (size > 1000 ? "CompleteMultipartUpload" : "PutObject");
/** Where the fault must hit: the probe sends requests of the same kind. */
const key = "models/a/log/000000000001.json";

describe.each(sizes)("a conditional put of %d bytes", (size) => {
  const on = lastRequest(size);
  const ours = bytes(size, 1);
  const theirs = bytes(20, 9);

  test.each(["unanswered", "silent"] as const)("that was done but %s is a success", async (trouble) => {
    at.fail(on, trouble, { key });
    const info = await at.store.put(key, ours, { if: "absent" });
    expect(info).toMatchObject({ key, size });
    expect(at.there(key)).toEqual(ours);
    expect(at.requests().filter((line) => line === `${on} ${key}`)).toHaveLength(1);
  });

  test.each(["lost", "stuck"] as const)("that was %s on the way is done by the next try", async (trouble) => {
    at.fail(on, trouble, { key });
    await at.store.put(key, ours, { if: "absent" });
    expect(at.there(key)).toEqual(ours);
  });

  test.each(["lost", "stuck"] as const)("that was %s while another writer came first is refused", async (trouble) => {
    at.fail(on, trouble, { key });
    at.fail("HeadObject", { meanwhile: (bucket) => bucket.put(key, theirs, {}) }, { key });
    await expect(at.store.put(key, ours, { if: "absent" })).rejects.toMatchObject({ code: "already_exists" });
    expect(at.there(key)).toEqual(theirs);
  });

  test("that another writer with the very same bytes has won is refused all the same", async () => {
    at.fail(on, { meanwhile: (bucket) => bucket.put(key, ours, {}) }, { key });
    at.fail(on, "lost", { key });
    await expect(at.store.put(key, ours, { if: "absent" })).rejects.toMatchObject({ code: "already_exists" });
  });

  test("refused by 409 is done when the other write came to nothing", async () => {
    at.fail(on, { refuse: 409, code: "ConditionalRequestConflict" }, { key, times: 2 });
    await at.store.put(key, ours, { if: "absent" });
    expect(at.there(key)).toEqual(ours);
  });

  test("refused by 409 is told that the key exists when the other write succeeded", async () => {
    at.fail(on, { refuse: 409, code: "ConditionalRequestConflict" }, { key });
    at.fail("HeadObject", { meanwhile: (bucket) => bucket.put(key, theirs, {}) }, { key });
    await expect(at.store.put(key, ours, { if: "absent" })).rejects.toMatchObject({ code: "already_exists" });
    expect(at.there(key)).toEqual(theirs);
  });

  test("refused by 412 because a proxy had sent it before is a success", async () => {
    // The first is done and its answer lost between proxy and service; what the client sees is the answer to the second.
    const token = "x-amz-meta-modelkeep-put";
    const sentBefore = (bucket: FakeS3["bucket"]): void => {
      const { [token]: sent = "" } = at.server.headers.findLast((headers) => headers[token] !== undefined) ?? {};
      bucket.put(key, ours, { [token]: sent });
    };
    at.fail(on, { meanwhile: sentBefore }, { key });
    await expect(at.store.put(key, ours, { if: "absent" })).resolves.toMatchObject({ key, size });
  });

  test("that nobody answers, and that cannot be read again, has an unknown outcome", async () => {
    at.fail(on, "silent", { key, times: 9 });
    at.fail("HeadObject", { refuse: 503, code: "SlowDown" }, { times: 99 });
    await expect(at.store.put(key, ours, { if: "absent" })).rejects.toMatchObject({ code: "unknown_outcome" });
  });

  test("that is lost again and again has an unknown outcome", async () => {
    at.fail(on, "lost", { key, times: 99 });
    await expect(at.store.put(key, ours, { if: "absent" })).rejects.toMatchObject({ code: "unknown_outcome" });
    expect(at.there(key)).toBeUndefined();
  });

  test("that is refused for load again and again has failed, and says so", async () => {
    at.fail(on, { refuse: 503, code: "SlowDown" }, { key, times: 99 });
    await expect(at.store.put(key, ours, { if: "absent" })).rejects.toMatchObject({ code: "io_error" });
    expect(at.there(key)).toBeUndefined();
    expect(at.server.bucket.uploads.size).toBe(0);
  });
});

describe.each(sizes)("an ordinary put of %d bytes", (size) => {
  const on = lastRequest(size);
  const ours = bytes(size);

  test.each([
    "unanswered",
    "silent",
    "lost",
    "stuck",
    { refuse: 500, code: "InternalError" },
    { refuse: 503, code: "SlowDown" },
    { refuse: 409, code: "OperationAborted" },
    { refuse: 400, code: "RequestTimeout" },
  ] as const)("survives %j", async (trouble) => {
    at.fail(on, trouble);
    await at.store.put(key, ours);
    expect(at.there(key)).toEqual(ours);
  });

  test("is not tried again when it may not be done", async () => {
    at.fail(on, { refuse: 403, code: "AccessDenied" }, { times: 99 });
    await expect(at.store.put(key, ours)).rejects.toMatchObject({ code: "refused" });
    expect(at.requests().filter((line) => line.startsWith(on))).toHaveLength(1);
  });
});

test("many writers lose nothing while the service fails in every way", async () => {
  const troubles: Trouble[] = [
    "unanswered",
    "lost",
    { refuse: 503, code: "SlowDown" },
    { refuse: 409, code: "ConditionalRequestConflict" },
    { refuse: 500, code: "InternalError" },
  ];
  // Every fourth put, one after the other.
  for (let turn = 0; turn < 200; turn++) at.fail("PutObject", troubles[turn % troubles.length]!, { skip: 3 * turn });
  const writers = 16;
  const each = 20;
  await Promise.all(
    Array.from({ length: writers }, async (_, writer) => {
      const client = at.open({ retries: { attempts: 8, firstDelay: 1, longestDelay: 8 } });
      for (let count = 0, next = 1; count < each; next++) {
        try {
          await client.put(`log/${String(next).padStart(6, "0")}`, new TextEncoder().encode(`${writer}:${count}`), {
            if: "absent",
          });
          count++;
        } catch (error) {
          if (!isModelkeepError(error, "already_exists")) throw error;
        }
      }
      await client[Symbol.asyncDispose]?.();
    }),
  );
  const entries = [...at.server.bucket.objects].filter(([name]) => name.startsWith("log/"));
  expect(entries).toHaveLength(writers * each);
  const texts = new Set(entries.map(([, object]) => Buffer.from(object.bytes).toString()));
  expect(texts.size).toBe(writers * each);
  expect(at.server.faults.length).toBeLessThan(100);
});
