import { runSuite, vectorSuite } from "@modelkeep/testkit";
import { readVectors } from "@modelkeep/testkit/node";
import { describe, test } from "vitest";

import { msgpackCodec } from "../src/index.js";

const vectors = readVectors(new URL("../../../vectors/msgpack/", import.meta.url));

runSuite(vectorSuite(msgpackCodec(), vectors), { describe, test }, { name: "vectors" });
