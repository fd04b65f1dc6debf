import { runSuite, vectorSuite } from "@modelkeep/testkit";
import { readVectors } from "@modelkeep/testkit/node";
import { describe, test } from "vitest";

import { safetensorsCodec } from "../src/index.js";

const vectors = readVectors(new URL("../../../vectors/safetensors/", import.meta.url));

runSuite(vectorSuite(safetensorsCodec(), vectors), { describe, test }, { name: "vectors" });
