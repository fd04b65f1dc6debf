import { ModelkeepError, type Store } from "@modelkeep/core";
import type { EncryptionOptions } from "@modelkeep/encrypt";

import type { Context } from "./context.js";
import { openingOf } from "./encrypted-store.js";

/** What lies below an encrypted store, with what opens it: for commands about its key. */
export async function encryptedPlace(
  context: Context,
): Promise<{ url: string; below: Store; opening: EncryptionOptions }> {
  const { url, settings, below } = await context.place(context.arguments[0]);
  if (!url.startsWith("age+"))
    throw new ModelkeepError("invalid_input", `${url} is not given as an encrypted store: age+${url}`);
  const opening = await openingOf(url, context.options, context.folder, settings.encryption);
  return { url, below: await below(), opening };
}

export function withoutKeyRing(url: string): ModelkeepError {
  return new ModelkeepError("not_found", `${url} has no key yet: the first save makes one`);
}
