import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

import { type Measured, supportedOperatorsPage } from "./supported-operators.js";

test("docs/supported-tensorflow.md is current", async () => {
  const measured = JSON.parse(readFileSync(new URL("measured.json", import.meta.url), "utf8")) as Measured[];
  const page = fileURLToPath(new URL("../../../../docs/supported-tensorflow.md", import.meta.url));
  await expect(supportedOperatorsPage(measured)).toMatchFileSnapshot(page);
});
