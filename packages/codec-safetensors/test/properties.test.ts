import { fuzzCodec } from "@modelkeep/testkit";
import { checkAnyState } from "@modelkeep/testkit/arbitrary";
import { test } from "vitest";

import { safetensorsCodec } from "../src/index.js";

test("any model state comes back as it was", () => checkAnyState(safetensorsCodec()));

test("mutated files give a model or a typed error", { timeout: 600_000 }, () => fuzzCodec(safetensorsCodec()));
