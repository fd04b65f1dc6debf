import { expect, test } from "vitest";
import { describeSkips } from "./summary-reporter.js";

test("a skipped suite is one line, with its reason and its count", () => {
  const skip = {
    file: "packages/store-s3/test/conformance.test.ts",
    title: "S3 server (needs MODELKEEP_TEST_S3_ENDPOINT)",
  };
  expect(describeSkips([skip, skip, { file: "a.test.ts", title: "drive letters (only on win32)" }])).toEqual([
    "Not run: S3 server (needs MODELKEEP_TEST_S3_ENDPOINT) [packages/store-s3/test/conformance.test.ts]: 2 tests",
    "Not run: drive letters (only on win32) [a.test.ts]: 1 test",
  ]);
});
