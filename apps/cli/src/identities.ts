import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

import { ModelkeepError, storedBytes } from "@modelkeep/core";
import type { Identity } from "@modelkeep/encrypt";

import type { Options } from "./context.js";
import { askPassphrase } from "./passphrase.js";
import { userFolder } from "./user-folder.js";

/** Where `keys age-new` writes, and where an identity is looked for when none is named. */
export function defaultIdentityFile(): string {
  return join(userFolder(), "identity.txt");
}

/**
 * What opens encrypted stores and files: the files of --identity, else of $MODELKEEP_IDENTITY, else the user's own; a
 * passphrase from $MODELKEEP_PASSPHRASE or, with --passphrase, from the terminal. Secrets are never arguments.
 */
export async function identitiesOf(options: Options, folder: string): Promise<Identity[]> {
  const named = options.list("identity");
  const fromEnvironment = process.env["MODELKEEP_IDENTITY"];
  const files = named.length > 0 ? named : fromEnvironment ? [fromEnvironment] : [];
  const identities: Identity[] = [];
  for (const file of files) identities.push(...(await readIdentityFile(resolve(folder, file))));
  const passphrase = process.env["MODELKEEP_PASSPHRASE"];
  if (passphrase) identities.push({ passphrase });
  else if (options.flag("passphrase"))
    identities.push({ passphrase: await askPassphrase("Passphrase of the encrypted store or file") });
  if (identities.length === 0 && existsSync(defaultIdentityFile()))
    identities.push(...(await readIdentityFile(defaultIdentityFile())));
  return identities;
}

/** The identities, or an error that says how to get one. */
export async function neededIdentities(options: Options, folder: string, what: string): Promise<Identity[]> {
  const identities = await identitiesOf(options, folder);
  if (identities.length > 0) return identities;
  throw new ModelkeepError(
    "no_identity",
    `${what} is encrypted: name your identity file (--identity FILE or $MODELKEEP_IDENTITY), or take --passphrase. "modelkeep keys age-new" makes an identity, as age-keygen does`,
  );
}

/** As `age-keygen` writes it, or encrypted with a passphrase as `age` can. */
async function readIdentityFile(path: string): Promise<Identity[]> {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw cause;
    throw new ModelkeepError("not_found", `There is no identity file ${path}`, { cause, details: { path } });
  }
  const { decryptAge, isAge, parseIdentities } = await import("@modelkeep/encrypt");
  if (!isAge(bytes)) return parseIdentities(new TextDecoder().decode(bytes), path);
  const passphrase = process.env["MODELKEEP_PASSPHRASE"] || (await askPassphrase(`Passphrase of ${path}`));
  const plain = await decryptAge(storedBytes(bytes, path), { identities: [{ passphrase }] });
  const text = new Uint8Array(plain.info.size);
  await plain.readInto(text);
  return parseIdentities(new TextDecoder().decode(text), path);
}
