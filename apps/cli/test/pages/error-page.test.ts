import { join } from "node:path";
import { ModelkeepError } from "@modelkeep/core";
import { expect, test } from "vitest";
import { exitCodeOf } from "../../src/exit-codes.js";
import { codesIn, coreErrorCodes, usedErrorCodes } from "./error-codes.js";
import { errorPage, pluginErrorCodes } from "./error-page.js";
import { root } from "../../../../tooling/checks/src/workspace.js";

/** Codes of the command line itself; they have no package. */
const commandLineCodes = ["usage", "failed"];

test("docs/errors.md is current", async () => {
  const page = errorPage((code) => exitCodeOf(new ModelkeepError(code, "")));
  await expect(page).toMatchFileSnapshot(join(root, "docs/errors.md"));
});

test("every code that is used has a meaning, and every code of a plugin is used", () => {
  const used = [...usedErrorCodes().keys()].filter((code) => !commandLineCodes.includes(code));
  const core = coreErrorCodes().map(({ code }) => code);
  expect(used.filter((code) => !core.includes(code))).toEqual(Object.keys(pluginErrorCodes));
  expect(coreErrorCodes().filter(({ meaning }) => meaning === "")).toEqual([]);
});

test("codes are found where they are given directly, by a helper, by a condition and by a value", () => {
  const source = `
    throw new ModelkeepError("malformed", "…");
    throw new ModelkeepError(cut ? "truncated" : "odd_case", "…");
    function fail(code: string) { return new ModelkeepError(code, ""); }
    throw fail("of_helper");
    const code = broken ? "of_value" : other;
    if (code === "not_this") report("nor_this");`;
  expect([...codesIn(source)].sort()).toEqual(["malformed", "odd_case", "of_helper", "of_value", "truncated"]);
});
