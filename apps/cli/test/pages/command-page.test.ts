import { join } from "node:path";
import { expect, test } from "vitest";
import { groups } from "../../src/commands.js";
import { exitCodes } from "../../src/exit-codes.js";
import { root } from "../../../../tooling/checks/src/workspace.js";
import { commandPage } from "./command-page.js";

test("docs/command-line.md is current", async () => {
  await expect(commandPage(groups)).toMatchFileSnapshot(join(root, "docs/command-line.md"));
});

test("the page has every exit code and every option", () => {
  const page = commandPage(groups);
  for (const code of Object.values(exitCodes)) expect(page).toMatch(new RegExp(`^\\| ${code} \\|`, "m"));
  for (const { commands } of groups)
    for (const { options = {} } of commands)
      for (const name of Object.keys(options)) expect(page).toContain(`--${name}`);
});
