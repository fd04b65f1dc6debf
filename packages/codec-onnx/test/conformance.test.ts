import { codecSuite, runSuite } from "@modelkeep/testkit";
import { describe, test } from "vitest";

import { onnxCodec } from "../src/index.js";
import { samples } from "./samples.js";

runSuite(codecSuite(onnxCodec(), samples), { describe, test });
