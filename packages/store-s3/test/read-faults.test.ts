import { beforeEach, describe, expect, test } from "vitest";
import { bench, bytes } from "./bench.js";

const at = bench({ partSize: 100_000 });
const key = "models/a/log/000000000001.json";

describe("reading", () => {
  const size = 600_000;
  const content = bytes(size);

  beforeEach(() => {
    at.server.bucket.put(key, content, {});
  });

  async function readBoth(): Promise<void> {
    const object = await at.store.get(key);
    const chunks: Uint8Array[] = [];
    for await (const chunk of object!.stream()) chunks.push(chunk);
    expect(Buffer.concat(chunks).equals(content)).toBe(true);
    const target = new Uint8Array(size);
    let last = 0;
    const progress = (filled: number): void => {
      expect(filled).toBeGreaterThanOrEqual(last);
      expect(Buffer.compare(target.subarray(last, filled), content.subarray(last, filled))).toBe(0);
      last = filled;
    };
    expect(await object!.readInto(target, { progress })).toBe(size);
    expect(last).toBe(size);
    expect(Buffer.compare(target, content)).toBe(0);
  }

  test.each([
    { cutAfter: 0 },
    { cutAfter: 1 },
    { cutAfter: 70_000 },
    "lost",
    "stuck",
    { refuse: 503, code: "SlowDown" },
    { refuse: 500, code: "InternalError" },
  ] as const)("goes on where it broke after %j", async (trouble) => {
    at.fail("GetObject", trouble, { times: 3 });
    at.fail("GetObject", trouble, { skip: 1, times: 3 });
    await readBoth();
  });

  test("goes on as long as each try brings something", async () => {
    at.fail("GetObject", { cutAfter: 20_000 }, { skip: 1, times: 20 });
    await readBoth();
  });

  test("waits for a slow service that does send", async () => {
    at.fail("GetObject", { pause: 60 }, { times: 2 });
    await readBoth();
  });

  test("gives up on a service that never sends", async () => {
    const object = await at.store.get(key);
    at.fail("GetObject", { cutAfter: 0 }, { times: 99 });
    await expect(object!.readInto(new Uint8Array(size))).rejects.toMatchObject({ code: "io_error" });
  });

  test("an object replaced after a break is a conflict, never a mixture", async () => {
    const object = await at.store.get(key);
    at.fail("GetObject", { cutAfter: 70_000 });
    at.fail("GetObject", { meanwhile: (bucket) => bucket.put(key, bytes(size, 2), {}) });
    const reading = (async () => {
      for await (const _ of object!.stream());
    })();
    await expect(reading).rejects.toMatchObject({ code: "conflict" });
  });

  test("a small object costs one request", async () => {
    at.server.bucket.put("small", bytes(2000), {});
    await at.store.get(key);
    at.requests();
    const object = await at.store.get("small");
    await object!.readInto(new Uint8Array(2000));
    expect(at.requests()).toEqual(["GetObject small"]);
  });

  test("a listing whose page is refused goes on", async () => {
    for (let index = 0; index < 25; index++) at.server.bucket.put(`list/${index + 100}`, bytes(1), {});
    at.server.bucket.pageSize = 10;
    at.fail("ListObjectsV2", { refuse: 503, code: "SlowDown" }, { skip: 1 });
    at.fail("ListObjectsV2", { cutAfter: 100 });
    const listed: string[] = [];
    for await (const entry of at.store.list("list/")) listed.push(entry.key);
    expect(listed).toEqual(Array.from({ length: 25 }, (_, index) => `list/${index + 100}`));
  });
});
