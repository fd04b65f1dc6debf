import { runSuite, vectorSuite } from "@modelkeep/testkit";
import { readVectors } from "@modelkeep/testkit/node";
import { describe, test } from "vitest";

import { jsonCodec } from "../src/index.js";

const vectors = readVectors(new URL("../../../vectors/json/", import.meta.url));

runSuite(vectorSuite(jsonCodec(), vectors), { describe, test }, { name: "vectors" });
