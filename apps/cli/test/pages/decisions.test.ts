import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "../../../../tooling/checks/src/workspace.js";

test("the index of decisions names every decision by its title", () => {
  const folder = join(root, "docs/decisions");
  const index = readFileSync(join(folder, "README.md"), "utf8");
  for (const name of readdirSync(folder).filter((each) => each !== "README.md")) {
    const [title] = readFileSync(join(folder, name), "utf8").split("\n");
    expect(index).toContain(`[${title!.replace(/^# /, "")}](${name})`);
  }
});
