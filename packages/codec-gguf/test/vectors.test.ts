import { runSuite, vectorSuite } from "@modelkeep/testkit";
import { readVectors } from "@modelkeep/testkit/node";
import { describe, test } from "vitest";

import { ggufCodec } from "../src/index.js";

const vectors = readVectors(new URL("../../../vectors/gguf/", import.meta.url));

runSuite(vectorSuite(ggufCodec(), vectors), { describe, test }, { name: "vectors" });
