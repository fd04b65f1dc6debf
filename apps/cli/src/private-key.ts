import { readFile } from "node:fs/promises";
import { resolve } from "node:path";

import { parsePrivateKey, type PrivateKey } from "@modelkeep/attest";
import { ModelkeepError } from "@modelkeep/core";

import type { Context } from "./context.js";

/** The key that --key names; its passphrase is in the environment, where no process list shows it. */
export async function privateKey({ options, folder }: Pick<Context, "options" | "folder">): Promise<PrivateKey> {
  const file = options.text("key");
  if (file === undefined)
    throw new ModelkeepError("invalid_input", 'Name your private key with --key; "modelkeep keys new" makes one');
  return parsePrivateKey(await readFile(resolve(folder, file), "utf8"), {
    passphrase: process.env["MODELKEEP_KEY_PASSPHRASE"],
  });
}
