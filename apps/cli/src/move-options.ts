import type { AliasOptions } from "@modelkeep/registry";

import type { Context } from "./context.js";
import { wholeNumber } from "./reference.js";

/** --reason and --expect, for everything that moves an alias. */
export function moveOptions({ options, signal }: Context): AliasOptions {
  const expected = options.text("expect");
  const number = expected === undefined ? undefined : wholeNumber(expected, "--expect");
  return {
    reason: options.text("reason"),
    signal,
    ...(number === undefined ? {} : { expect: number === 0 ? null : number }),
  };
}
