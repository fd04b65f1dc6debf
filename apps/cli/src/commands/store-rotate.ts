import { ModelkeepError } from "@modelkeep/core";
import { hasKeyRing, rotate } from "@modelkeep/encrypt";

import type { Context } from "../context.js";
import { encryptedPlace, withoutKeyRing } from "../encrypted-place.js";

export async function run(context: Context): Promise<void> {
  const { output, options, signal } = context;
  const { url, below, opening } = await encryptedPlace(context);
  if (!(await hasKeyRing(below))) throw withoutKeyRing(url);
  const recipients = options.list("recipient");
  if (recipients.length === 0)
    throw new ModelkeepError(
      "invalid_input",
      "Name everybody who can read from now on: --recipient age1…, once for each",
    );
  const rotated = await rotate(below, { ...opening, recipients, renew: options.choice("renew"), signal });
  output.result(
    { store: url, ...rotated },
    [
      rotated.renewed ? "The store has a new key for what is written from now on." : "The store keeps its key.",
      `Store key: ${rotated.storeKey}`,
      "Readers:",
      ...rotated.recipients.map((each) => `  ${each}`),
    ].join("\n"),
  );
}
