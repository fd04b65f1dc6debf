import { describe } from "vitest";

import { realServerSuite } from "./real-server-suite.js";

const endpoint = process.env["MODELKEEP_TEST_VERSITYGW"];
const [bucket, region] = ["modelkeep-test", "us-east-1"];

describe.skipIf(endpoint === undefined)("s3 store on Versity S3 Gateway (needs MODELKEEP_TEST_VERSITYGW)", () => {
  // Each listing reads the attributes of every file of its folder, so a long race takes minutes.
  realServerSuite({ bucket, endpoint, region, race: { writers: 32, increments: 5 } });
});
