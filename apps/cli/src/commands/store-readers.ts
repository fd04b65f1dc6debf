import { describeKeyRing } from "@modelkeep/encrypt";

import type { Context } from "../context.js";
import { encryptedPlace, withoutKeyRing } from "../encrypted-place.js";

export async function run(context: Context): Promise<void> {
  const { url, below, opening } = await encryptedPlace(context);
  const ring = await describeKeyRing(below, { ...opening, signal: context.signal });
  if (ring === undefined) throw withoutKeyRing(url);
  context.output.result(
    { store: url, ...ring },
    [`Store key: ${ring.storeKey}`, "Readers:", ...ring.recipients.map((each) => `  ${each}`)].join("\n"),
  );
}
