import { expect } from "vitest";

import type { Registry } from "../../src/index.js";

/** What was acknowledged long before an operation, in a registry that is `prepared`, is as it was. */
export async function expectKept(registry: Registry, where: string): Promise<void> {
  const { aliases, versions } = await registry.show("shared");
  expect({ aliases, labels: versions[0]!.labels, tags: { ...versions[0]!.tags } }, where).toEqual({
    aliases: { stays: 1 },
    labels: ["first"],
    tags: { team: "risk" },
  });
  const lines = await registry.show("lines");
  expect(lines.versions.map(({ parameters }) => parameters["slope"]).slice(-2), where).toEqual([3, 2]);
  expect(lines.aliases["production"], where).toBeDefined();
}
