import { ModelkeepError } from "@modelkeep/core";

import { changeRings } from "../change-rings.js";
import type { Context } from "../context.js";
import { wholeNumber } from "../reference.js";

export function run(context: Context): Promise<number> {
  const { options, signal } = context;
  const remove = options.list("key-id");
  if (remove.length === 0) throw new ModelkeepError("invalid_input", "Say with --key-id which key goes (signers show)");
  const needed = options.text("quorum");
  const quorum = needed === undefined ? undefined : wholeNumber(needed, "--quorum", 1);
  const reason = options.text("reason");
  return changeRings(context, (registry, name) => registry.signers.change(name, { remove, quorum, reason, signal }));
}
