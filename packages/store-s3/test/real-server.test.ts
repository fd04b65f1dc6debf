import { describe, test } from "vitest";

import { realServerSuite } from "./real-server-suite.js";

const {
  MODELKEEP_TEST_S3_ENDPOINT: endpoint,
  MODELKEEP_TEST_S3_BUCKET: bucket,
  MODELKEEP_TEST_S3_REGION: region,
} = process.env;

describe("s3 store on a real server", () => {
  if (bucket === undefined || bucket === "") {
    // The report of a run shows this line. tooling/ci/s3-start.sh starts a server and says what to set.
    test.skip("did not run: MODELKEEP_TEST_S3_BUCKET and MODELKEEP_TEST_S3_ENDPOINT are not set", () => undefined);
    return;
  }
  realServerSuite({ bucket, endpoint, region });
});
