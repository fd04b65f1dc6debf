import { ModelkeepError } from "@modelkeep/core";

import type { Context } from "../context.js";
import { requiredReason } from "../reason.js";
import { splitReference } from "../reference.js";

export async function run({ arguments: given, options, output, registry: open, signal }: Context): Promise<void> {
  const reference = given[0]!;
  const reason = requiredReason(options, "A deletion");
  const whole = options.flag("model");
  if (!whole) splitReference(reference);
  else if (reference.includes("@"))
    throw new ModelkeepError(
      "invalid_reference",
      `--model deletes a whole model: give its name, not ${JSON.stringify(reference)}`,
    );
  const registry = await open({ writes: true });
  if (whole) await registry.retention.deleteModel(reference, { reason, signal });
  else await registry.retention.delete(reference, { reason, signal });
  output.result(
    { reference, status: "deleted", reason },
    `${reference} is deleted; its history is kept, and modelkeep gc frees the space`,
  );
}
