import { describe, test } from "node:test";

import { codecSuite, runSuite } from "@modelkeep/testkit";

import { exampleCodec } from "../src/index.js";

const samples = [
  { name: "no weights", model: { bias: 0, weights: [] } },
  { name: "a few", model: { bias: -0, weights: [0.1, -2.5e-300, 3] } },
  { name: "many", model: { bias: 0.5, weights: Array.from({ length: 500 }, (_, at) => Math.sqrt(at)) } },
];

runSuite(codecSuite(exampleCodec(), samples), { describe, test });
