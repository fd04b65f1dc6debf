import { codecSuite, runSuite, stateSamples } from "@modelkeep/testkit";
import { describe, test } from "vitest";

import { jsonCodec } from "../src/index.js";

runSuite(codecSuite(jsonCodec(), stateSamples()), { describe, test });
runSuite(codecSuite(jsonCodec({ tensors: "numbers" }), stateSamples()), { describe, test }, { name: "with numbers" });
runSuite(codecSuite(jsonCodec({ tensors: "base64" }), stateSamples()), { describe, test }, { name: "with base64" });
