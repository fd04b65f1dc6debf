import { changeRings } from "../change-rings.js";
import type { Context } from "../context.js";

export function run(context: Context): Promise<number> {
  const { options, signal } = context;
  return changeRings(context, (registry, name) =>
    registry.signers.off(name, { reason: options.text("reason"), signal }),
  );
}
