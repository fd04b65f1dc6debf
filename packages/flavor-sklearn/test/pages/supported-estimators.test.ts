import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

import { estimators } from "../../src/estimators/registry.js";
import { supportedEstimatorsPage } from "./supported-estimators.js";

const root = fileURLToPath(new URL("../../../../", import.meta.url));

test("docs/supported-estimators.md is current", async () => {
  await expect(supportedEstimatorsPage()).toMatchFileSnapshot(join(root, "docs/supported-estimators.md"));
});

test("no class is registered twice", () => {
  const paths = estimators.flatMap(({ name, modules }) => modules.map((module) => `${module}.${name}`));
  expect(paths.filter((path, index) => paths.indexOf(path) !== index)).toEqual([]);
});
