import { describe, expect, test } from "vitest";
import { bench, bytes } from "./bench.js";

const at = bench();
const key = "models/a/log/000000000001.json";

describe("an upload in parts", () => {
  test.each(["lost", "stuck", { refuse: 503, code: "SlowDown" }, { refuse: 500, code: "InternalError" }] as const)(
    "sends a part again after %j",
    async (trouble) => {
      at.fail("UploadPart", trouble, { skip: 1, times: 2 });
      await at.store.put(key, bytes(5500));
      expect(at.there(key)).toEqual(bytes(5500));
      expect(at.server.bucket.uploads.size).toBe(0);
    },
  );

  test("is aborted when a part is refused", async () => {
    at.fail("UploadPart", { refuse: 403, code: "AccessDenied" }, { skip: 2 });
    await expect(at.store.put(key, bytes(5500))).rejects.toMatchObject({ code: "refused" });
    expect(at.server.bucket.uploads.size).toBe(0);
    expect(at.there(key)).toBeUndefined();
  });

  test("is aborted when its body fails, lies about its size, or its caller gives up", async () => {
    const trouble = new Error("the disk failed");
    const failing = async function* () {
      yield bytes(2500);
      await Promise.resolve();
      throw trouble;
    };
    await expect(at.store.put(key, failing)).rejects.toBe(trouble);
    const short = async function* () {
      yield bytes(2500);
    };
    await expect(at.store.put(key, short, { size: 2600 })).rejects.toMatchObject({ code: "size_mismatch" });
    const controller = new AbortController();
    at.fail("UploadPart", { meanwhile: () => controller.abort() }, { skip: 1 });
    await expect(at.store.put(key, bytes(5500), { signal: controller.signal })).rejects.toMatchObject({
      code: "aborted",
    });
    expect(at.server.log.filter((line) => line.startsWith("AbortMultipartUpload"))).toHaveLength(3);
    expect(at.server.bucket.uploads.size).toBe(0);
    expect(at.there(key)).toBeUndefined();
  });

  test("is tried again to abort", async () => {
    at.fail("UploadPart", { refuse: 403, code: "AccessDenied" });
    at.fail("AbortMultipartUpload", { refuse: 503, code: "SlowDown" });
    await expect(at.store.put(key, bytes(5500))).rejects.toMatchObject({ code: "refused" });
    expect(at.server.bucket.uploads.size).toBe(0);
  });

  test("believes an error inside an answer that began with 200", async () => {
    at.fail("CompleteMultipartUpload", { refuse: 500, code: "InternalError", inside200: true });
    await at.store.put(key, bytes(2500));
    expect(at.there(key)).toEqual(bytes(2500));
    expect(at.server.log.filter((line) => line.startsWith("CompleteMultipartUpload"))).toHaveLength(2);
  });

  test("is begun anew when it was ended by someone else", async () => {
    at.fail("CompleteMultipartUpload", { meanwhile: (bucket) => bucket.uploads.clear() });
    await at.store.put(key, bytes(2500));
    expect(at.there(key)).toEqual(bytes(2500));
  });

  test("reads no further ahead than what is under way, so that memory is bounded", async () => {
    const sent = (): number => at.server.log.filter((line) => line.startsWith("UploadPart")).length;
    let read = 0;
    let ahead = 0;
    const body = async function* () {
      for (let turn = 0; turn < 40; turn++) {
        ahead = Math.max(ahead, ++read - sent());
        yield bytes(1000, turn);
      }
    };
    await at.open({ concurrency: 2, partSize: 1000 }).put(key, body);
    expect(at.there(key)).toHaveLength(40_000);
    expect(ahead).toBeLessThanOrEqual(5);
  });
});
