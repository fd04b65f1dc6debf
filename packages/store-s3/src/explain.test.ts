import { describe, expect, test } from "vitest";
import { explain } from "./explain.js";
import { classify } from "./failure.js";

const place = { bucket: "models", service: "AWS eu-west-1" };

function answered(Code: string, status: number, more: object = {}): Error {
  return Object.assign(new Error("UnknownError"), { name: Code, Code, $metadata: { httpStatusCode: status }, ...more });
}

describe("explain says what is wrong, where, and what to do", () => {
  test.each([
    [answered("NoSuchBucket", 404), "not_found", /no such bucket\. Create it/],
    [
      answered("AccessDenied", 403),
      "refused",
      /access was denied \(AccessDenied\)\. Check what the credentials may do/,
    ],
    [answered("InvalidAccessKeyId", 403), "refused", /AWS_ACCESS_KEY_ID/],
    [answered("SignatureDoesNotMatch", 403), "refused", /AWS_SECRET_ACCESS_KEY/],
    [answered("ExpiredToken", 400), "refused", /expired\. Sign in again/],
    [answered("RequestTimeTooSkewed", 403), "refused", /clock/],
    [answered("PermanentRedirect", 301), "invalid_input", /another region/],
    [answered("AuthorizationHeaderMalformed", 400, { Region: "eu-central-1" }), "invalid_input", /to eu-central-1/],
    [answered("InvalidObjectState", 403), "archived", /Restore it first/],
    [answered("ObjectParentIsFile", 409), "invalid_key", /in the way/],
    [answered("NotImplemented", 501), "unsupported", /does not implement/],
    [answered("SlowDown", 503), "io_error", /tried several times/],
    [
      Object.assign(new Error("Could not load credentials"), { name: "CredentialsProviderError" }),
      "refused",
      /no credentials/,
    ],
    [new Error("Region is missing"), "invalid_input", /AWS_REGION/],
    [Object.assign(new Error("getaddrinfo ENOTFOUND s3.example"), { code: "ENOTFOUND" }), "io_error", /host name/],
    [
      Object.assign(new Error("connect ECONNREFUSED 127.0.0.1:1"), { code: "ECONNREFUSED" }),
      "io_error",
      /ECONNREFUSED/,
    ],
  ] as const)("%s", (error, code, message) => {
    const explained = explain(error, "read models/a", place);
    expect(explained.code).toBe(code);
    expect(explained.message).toMatch(message);
    expect(explained.message).toMatch(/^\[s3\] Could not read models\/a in bucket models at AWS eu-west-1: /);
    expect(explained.cause).toBe(error);
  });
});

describe("classify", () => {
  test.each([
    [answered("SlowDown", 503), true, false],
    [answered("TooManyRequests", 429), true, false],
    [answered("ConditionalRequestConflict", 409), true, false],
    [answered("InternalError", 500), true, true],
    [answered("BadGateway", 502), true, true],
    [answered("InternalError", 200), true, true],
    [answered("NotImplemented", 501), false, false],
    [answered("AccessDenied", 403), false, false],
    [answered("SyntaxError", 200), false, true],
    [Object.assign(new Error("socket hang up"), { code: "ECONNRESET" }), true, true],
    [Object.assign(new Error("timed out"), { name: "TimeoutError" }), true, true],
    [Object.assign(new Error("connect"), { code: "ECONNREFUSED" }), true, false],
    [Object.assign(new Error("self-signed certificate"), { code: "DEPTH_ZERO_SELF_SIGNED_CERT" }), false, false],
    [new TypeError("a bug"), false, false],
    [undefined, false, false],
  ])("%s: transient %s, uncertain %s", (error, transient, uncertain) => {
    expect(classify(error)).toMatchObject({ transient, uncertain });
  });
});
