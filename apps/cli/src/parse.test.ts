import { expect, test } from "vitest";

import { groups } from "./commands.js";
import { parseCommandLine } from "./parse.js";

const commands = groups.flatMap((group) => group.commands);

test("an option is declared by what it turns on: --no-record is record, turned off", () => {
  for (const { name, options = {} } of commands)
    expect([name, Object.keys(options).filter((option) => option.startsWith("no-"))]).toEqual([name, []]);
  const verify = commands.find(({ name }) => name === "verify")!;
  expect(parseCommandLine(verify, ["scorer@1", "--no-record"]).options["record"]).toBe(false);
});
