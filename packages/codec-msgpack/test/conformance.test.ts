import { codecSuite, runSuite, stateSamples } from "@modelkeep/testkit";
import { describe, test } from "vitest";

import { msgpackCodec } from "../src/index.js";

runSuite(codecSuite(msgpackCodec(), stateSamples()), { describe, test });
