import { codecSuite, runSuite } from "@modelkeep/testkit";
import { describe, test } from "vitest";

import { ggufCodec } from "../src/index.js";
import { samples } from "./samples.js";

runSuite(codecSuite(ggufCodec(), samples), { describe, test });
