import { runSuite } from "@modelkeep/testkit";
import { storeFaultSuite } from "@modelkeep/testkit/node";
import { describe, test } from "vitest";

import { azureStore, createContainer } from "../src/index.js";

const connectionString = process.env["MODELKEEP_TEST_AZURE"];
const container = "modelkeep-test";

describe.skipIf(connectionString === undefined)("Azure with faults (needs MODELKEEP_TEST_AZURE)", () => {
  const target = new URL(/BlobEndpoint=([^;]+)/u.exec(connectionString ?? "")?.[1] ?? "http://127.0.0.1").origin;
  let made: Promise<unknown> | undefined;
  runSuite(
    storeFaultSuite({
      target,
      large: 5 << 18,
      async open(url, prefix) {
        await (made ??= createContainer({ container, connectionString }));
        const text = connectionString!.replace(target, url);
        return azureStore({ container, connectionString: text, prefix, blockSize: 1 << 18 });
      },
    }),
    // Mostly they wait for the client's pauses.
    { test: test.concurrent },
    { timeout: 120_000 },
  );
});
