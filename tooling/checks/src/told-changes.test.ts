import { expect, test } from "vitest";
import { firstDifference, interfaceOf } from "./report-text.js";
import { packagesNamed, untoldChanges } from "./told-changes.js";

const changeset =
  '---\n"@modelkeep/core": minor\n\'@modelkeep/cli\': patch\n---\n\nStores may say "@modelkeep/registry": more.\n';

test("a changed interface needs a changeset that names its package", () => {
  expect(untoldChanges(["api/core.api.md", "api/core.node.api.md"], [])).toEqual([
    "api/core.api.md, api/core.node.api.md changed, and no changeset names @modelkeep/core: npm run changeset.",
  ]);
  expect(untoldChanges(["api/core.api.md", ".changeset/new.md"], [changeset])).toEqual([]);
  expect(untoldChanges(["api/registry.api.md"], [changeset])).toHaveLength(1);
  expect(untoldChanges([".changeset/new.md"], [changeset])).toEqual([]);
});

test("only the front matter of a changeset names packages", () => {
  expect(packagesNamed(changeset)).toEqual(["@modelkeep/core", "@modelkeep/cli"]);
  expect(packagesNamed("no front matter")).toEqual([]);
});

test("a report keeps declarations, and no remark on how they are documented", () => {
  const report =
    "## API Report\n\n```ts\n\n// @public (undocumented)\nexport interface A {\n    // (undocumented)\n    b: 1;\n}\n\n```\n";
  expect(interfaceOf(report)).toBe("export interface A {\n    b: 1;\n}");
});

test("what differs is shown where it begins", () => {
  expect(firstDifference("a\nb\nc", "a\nB\nc")).toBe("first at line 2:\n- b\n+ B");
  expect(firstDifference("a\nb", "a")).toBe("first at line 2:\n- b\n+ ");
});
