import { describe, expect, test } from "vitest";
import { s3Store } from "../src/index.js";
import { bench, bytes } from "./bench.js";
import { failure } from "./fake-bucket.js";

const at = bench();

async function keys(prefix: string, delimiter?: string): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const { key } of at.store.list(prefix, delimiter === undefined ? {} : { delimiter })) found.push(key);
  return found;
}

describe("what a request says", () => {
  test.each([10, 3500])("encryption and storage class of a body of %d bytes", async (size) => {
    const begins = size > 1000 ? "CreateMultipartUpload k" : "PutObject k";
    for (const [options, expected] of [
      [{}, [undefined, undefined]],
      [{ serverSideEncryption: "AES256" }, ["AES256", undefined]],
      [{ serverSideEncryption: { kms: true } }, ["aws:kms", undefined]],
      [{ serverSideEncryption: { kms: "alias/models" } }, ["aws:kms", "alias/models"]],
    ] as const) {
      await at.open(options).put("k", bytes(size), { storageClass: "STANDARD_IA" });
      const headers = at.server.headers[at.server.log.lastIndexOf(begins)]!;
      expect([headers["x-amz-server-side-encryption"], headers["x-amz-server-side-encryption-aws-kms-key-id"]]).toEqual(
        expected,
      );
      expect(headers["x-amz-storage-class"]).toBe("STANDARD_IA");
    }
    expect((await at.store.head("k"))?.storageClass).toBe("STANDARD_IA");
    expect((await at.store.get("k"))?.info.storageClass).toBe("STANDARD_IA");
  });

  test("what lies in an archive class is found, and reading it says how to restore it", async () => {
    const store = at.open({ prefix: "it's" });
    await store.put("blobs/a", bytes(5), { storageClass: "GLACIER" });
    expect(await store.head("blobs/a")).toMatchObject({ size: 5, storageClass: "GLACIER" });
    await expect(store.get("blobs/a")).rejects.toMatchObject({
      code: "archived",
      message: expect.stringContaining(
        String.raw`aws s3api restore-object --bucket 'fake-bucket' --key 'it'\''s/blobs/a' --restore-request`,
      ) as string,
    });
    at.server.bucket.restored.add("it's/blobs/a");
    expect((await store.get("blobs/a"))?.info.size).toBe(5);
    expect(store.supports.storageClasses?.[0]).toBe("STANDARD");
  });

  test("storage classes of a compatible service are named by the caller", async () => {
    const store = at.open({ storageClasses: ["COLD"] });
    await expect(store.put("k", bytes(1), { storageClass: "GLACIER" })).rejects.toMatchObject({ code: "unsupported" });
    expect(await store.put("k", bytes(1), { storageClass: "COLD" })).toMatchObject({ storageClass: "COLD" });
  });

  test("a prefix parts stores of one bucket", async () => {
    const [one, two] = [at.open({ prefix: "one" }), at.open({ prefix: "one/two/" })];
    await one.put("k", bytes(1));
    await two.put("k", bytes(2));
    expect([...at.server.bucket.objects.keys()]).toEqual(["one/k", "one/two/k"]);
    expect((await two.head("k"))?.size).toBe(2);
    const listed: string[] = [];
    for await (const { key } of two.list("")) listed.push(key);
    expect(listed).toEqual(["k"]);
    await expect(at.open({ prefix: "p".repeat(200) }).put(`${"k/".repeat(450)}k`, bytes(1))).rejects.toMatchObject({
      code: "invalid_key",
    });
  });

  test("a client of the caller's is used, and left open", async () => {
    const { S3Client } = await import("@aws-sdk/client-s3");
    const client = new S3Client({
      endpoint: at.server.endpoint,
      region: "us-east-1",
      forcePathStyle: true,
      credentials: { accessKeyId: "fake", secretAccessKey: "fake" },
    });
    for (let turn = 0; turn < 2; turn++) {
      const store = s3Store({ bucket: "fake-bucket", client });
      // Its own retries meet their own first try, which is told by the token all the same.
      at.fail("PutObject", "unanswered", { key: `k${turn}` });
      await store.put(`k${turn}`, bytes(3), { if: "absent" });
      await store[Symbol.asyncDispose]?.();
    }
    expect(at.there("k1")).toEqual(bytes(3));
    client.destroy();
  });
});

describe("what an answer says", () => {
  test("a missing bucket is an error for every verb", async () => {
    const store = at.open({ bucket: "no-such-bucket" });
    for (const call of [
      () => store.head("a"),
      () => store.get("a"),
      () => store.get("a", { range: { start: 5, end: 5 } }),
      () => store.put("a", bytes(1)),
      () => store.put("a", bytes(1), { if: "absent" }),
      () => store.put("a", bytes(3500)),
      () => store.delete("a"),
      () => store.list("")[Symbol.asyncIterator]().next(),
    ])
      await expect(call()).rejects.toMatchObject({ code: "not_found", message: expect.stringContaining("no such bucket") as string }); // prettier-ignore
  });

  test("denied access is told apart from absence", async () => {
    at.fail("HeadObject", { refuse: 403, code: "AccessDenied" });
    at.fail("ListObjectsV2", { refuse: 403, code: "AccessDenied" });
    await expect(at.store.head("a")).rejects.toMatchObject({ code: "refused" });
    at.fail("HeadObject", { refuse: 403, code: "SignatureDoesNotMatch" });
    at.fail("ListObjectsV2", { refuse: 403, code: "SignatureDoesNotMatch" });
    // The reason is not in the answer to HEAD, and is found out.
    await expect(at.store.head("a")).rejects.toMatchObject({ message: expect.stringContaining("AWS_SECRET_ACCESS_KEY") as string }); // prettier-ignore
    expect(await at.store.head("a")).toBeUndefined();
  });

  test("keys that no store may have are passed over", async () => {
    for (const key of ["a", "folder/", "folder//x", "../up", "b\\c", "line\nbreak", "z"])
      at.server.bucket.put(key, bytes(1), {});
    expect(await keys("")).toEqual(["a", "z"]);
  });

  test("a listing that is out of order is refused", async () => {
    const { bucket } = at.server;
    for (const key of ["a", "b", "c", "d"]) bucket.put(key, bytes(1), {});
    bucket.pageSize = 2;
    const list = bucket.list.bind(bucket);
    bucket.list = (query) => {
      // The second page begins with what the first ended with.
      if (query.has("continuation-token")) query.set("continuation-token", "a");
      return list(query);
    };
    await expect(keys("")).rejects.toMatchObject({ code: "unsupported" });
  });

  test("a service that ignores ranges is refused", async () => {
    const { bucket } = at.server;
    bucket.put("k", bytes(400_000), {});
    const read = bucket.read.bind(bucket);
    const object = await at.store.get("k");
    bucket.read = (key, headers, withBody) => read(key, { ...headers, range: "" }, withBody);
    await expect(at.store.get("k")).rejects.toMatchObject({ code: "unsupported" });
    await expect(object!.readInto(new Uint8Array(400_000))).rejects.toMatchObject({ code: "unsupported" });
  });

  test("a body that is longer than it was said to be is cut off by an error", async () => {
    const { bucket } = at.server;
    bucket.put("k", bytes(400_000), {});
    const object = await at.store.get("k");
    const read = bucket.read.bind(bucket);
    bucket.read = (key, headers, withBody) => ({ ...read(key, headers, withBody), body: bytes(500_000) });
    await expect(object!.readInto(new Uint8Array(400_000))).rejects.toMatchObject({ code: "io_error" });
  });

  test("nonsense is an error, not an absence", async () => {
    at.server.bucket.read = () => ({
      status: 200,
      headers: { "content-type": "text/html" },
      body: "<html>hello</html>",
    });
    await expect(at.store.get("k")).rejects.toMatchObject({ code: "unsupported" });
    at.server.bucket.list = () => ({ status: 200, body: "not XML at all <" });
    await expect(keys("")).rejects.toMatchObject({ code: "io_error" });
    at.server.bucket.list = () => failure(418, "Teapot");
    await expect(keys("")).rejects.toMatchObject({ code: "io_error", message: expect.stringContaining("Teapot") as string }); // prettier-ignore
  });
});
