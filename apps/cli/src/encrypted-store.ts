import { ModelkeepError, type Store } from "@modelkeep/core";
import type { KeyRingInfo, EncryptionOptions } from "@modelkeep/encrypt";

import type { Options } from "./context.js";
import { neededIdentities } from "./identities.js";
import { askPassphrase } from "./passphrase.js";
import { type EncryptionSettings, located } from "./store-settings.js";
import { readTexts, writeTexts } from "./user-folder.js";

/** By absolute URL, the store keys that this user has met. */
const file = "store-keys.json";

/**
 * How an encrypted store is opened. Its key is that of the configuration; else the one that was met the first time, so that
 * nobody who can write to the store can put another key ring into it unnoticed.
 */
export async function openingOf(
  url: string,
  options: Options,
  folder: string,
  { recipients, storeKey }: EncryptionSettings = {},
): Promise<EncryptionOptions> {
  const identities = await neededIdentities(options, folder, url);
  const place = located(url, folder).url;
  const known = readTexts(file);
  const given = options.list("recipient");
  return {
    identities,
    recipients: given.length > 0 ? given : recipients,
    storeKey: storeKey ?? (Object.hasOwn(known, place) ? known[place] : undefined),
    opened: (ring) => remember(place, ring),
  };
}

/** The store behind an "age+" URL, over the one below. */
export async function encryptedStore(below: Store, opening: EncryptionOptions, options: Options): Promise<Store> {
  const { encrypted, hasKeyRing } = await import("@modelkeep/encrypt");
  if (options.flag("passphrase") && !process.env["MODELKEEP_PASSPHRASE"] && !(await hasKeyRing(below))) {
    const again = await askPassphrase("The store is new. The same passphrase again");
    const same = opening.identities.some(
      (each) => typeof each === "object" && "passphrase" in each && each.passphrase === again,
    );
    if (!same) throw new ModelkeepError("invalid_input", "The two passphrases differ: nothing was set up");
  }
  return encrypted(below, opening);
}

function remember(url: string, { storeKey }: KeyRingInfo): void {
  const known = readTexts(file);
  if (known[url] !== storeKey) writeTexts(file, { ...known, [url]: storeKey });
}
