import type { AliasOptions } from "@modelkeep/registry";

import type { Context } from "./context.js";
import { wholeNumber } from "./reference.js";

/** --reason, --expect and --override, for everything that moves an alias. */
export function moveOptions({ options, signal }: Context): AliasOptions {
  const expected = options.text("expect");
  const number = expected === undefined ? undefined : wholeNumber(expected, "--expect");
  return {
    reason: options.text("reason"),
    override: options.flag("override"),
    signal,
    ...(number === undefined ? {} : { expect: number === 0 ? null : number }),
  };
}
