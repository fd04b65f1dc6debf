import { describe, expect, test } from "vitest";
import { parseS3Url } from "./parse-url.js";
import { s3StoreFromUrl } from "./s3-store.js";

describe("parseS3Url", () => {
  test.each([
    ["s3://models", { bucket: "models" }],
    ["s3://models/", { bucket: "models" }],
    ["s3://models/team/a", { bucket: "models", prefix: "team/a" }],
    ["s3://models/team%20a/100%25", { bucket: "models", prefix: "team a/100%" }],
    [
      "s3://models/a?endpoint=http://127.0.0.1:9000&region=eu-west-1&pathStyle=false",
      { bucket: "models", prefix: "a", endpoint: "http://127.0.0.1:9000", region: "eu-west-1", forcePathStyle: false },
    ],
    ["s3://models?endpoint=https%3A%2F%2Fs3.example.org", { bucket: "models", endpoint: "https://s3.example.org" }],
    ["s3://models?sse=AES256", { bucket: "models", serverSideEncryption: "AES256" }],
    ["s3://models?sse=kms", { bucket: "models", serverSideEncryption: { kms: true } }],
    ["s3://models?sse=kms&kmsKey=alias/models", { bucket: "models", serverSideEncryption: { kms: "alias/models" } }],
  ])("%s", (url, options) => {
    expect(parseS3Url(url)).toEqual(options);
  });

  test.each([
    ["https://models/a", /not of the form/],
    ["s3:models/a", /not of the form/],
    ["s3:///a", /not of the form/],
    ["s3://models/a#b", /not of the form/],
    ["s3://models?endPoint=x", /no parameter "endPoint"/],
    ["s3://models?region=a&region=b", /twice/],
    ["s3://models?pathStyle=yes", /true or false/],
    ["s3://models?sse=aes", /AES256 or kms/],
    ["s3://models?kmsKey=a", /sse=kms/],
    ["s3://models/100%", /%25/],
  ])("%s is refused", (url, message) => {
    expect(() => parseS3Url(url)).toThrow(message);
  });

  test("credentials are refused and not repeated", () => {
    for (const url of ["s3://key:secret@models/a", "https://key:secret@models/a"])
      expect(() => parseS3Url(url)).toThrow(
        expect.objectContaining({ code: "invalid_input", message: expect.not.stringContaining("secret") as string }),
      );
  });
});

describe("options", () => {
  test.each([
    ["s3://a", /no name of a bucket/],
    ["s3://-bucket-", /no name of a bucket/],
    ["s3://models/a//b", /empty segment/],
    ["s3://models/../b", /segment "\.\."/],
    ["s3://models?endpoint=localhost:9000", /begins with https/],
    ["s3://models?endpoint=file:///etc", /begins with https/],
  ])("of %s are refused", (url, message) => {
    expect(() => s3StoreFromUrl(url)).toThrow(message);
  });

  test("misuse is a TypeError", () => {
    expect(() => s3StoreFromUrl("s3://models", { partSize: 0 })).toThrow(TypeError);
    expect(() => s3StoreFromUrl("s3://models", { retries: { attempts: 1.5 } })).toThrow(TypeError);
  });

  test("a store is made without loading or asking anything", async () => {
    const store = s3StoreFromUrl("s3://models/a?endpoint=http://127.0.0.1:1");
    expect(store.name).toBe("s3");
    await store[Symbol.asyncDispose]?.();
  });
});
