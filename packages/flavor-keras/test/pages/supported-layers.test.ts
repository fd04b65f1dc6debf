import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

import { layerKinds } from "../../src/layers/kinds.js";
import { supportedLayersPage } from "./supported-layers.js";

test("docs/supported-layers.md is current", async () => {
  const page = fileURLToPath(new URL("../../../../docs/supported-layers.md", import.meta.url));
  await expect(supportedLayersPage()).toMatchFileSnapshot(page);
});

test("no class is there twice", () => {
  const classes = Object.values(layerKinds).flatMap((kinds) => kinds.flatMap((kind) => kind.classes));
  expect(classes.filter((name, index) => classes.indexOf(name) !== index)).toEqual([]);
});
