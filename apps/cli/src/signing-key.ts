import { readFileSync } from "node:fs";
import { resolve } from "node:path";

import { parsePrivateKey, type PrivateKey } from "@modelkeep/attest";
import { ModelkeepError } from "@modelkeep/core";
import type { NewRing, NewSigner } from "@modelkeep/registry";

import type { FoundConfiguration } from "./configuration.js";

/** The key that signs entries: --sign-with, else $MODELKEEP_KEY, else `key` of a configuration that is trusted. */
export function signingKey(
  given: string | undefined,
  folder: string,
  found: FoundConfiguration | undefined,
): PrivateKey | undefined {
  const named = given ?? process.env["MODELKEEP_KEY"];
  const key = found?.values.key;
  if (named === undefined || named === "") {
    if (key === undefined) return undefined;
    if (!found!.trusted)
      throw new ModelkeepError(
        "refused",
        `${found!.path} names the private key ${JSON.stringify(key)} to sign with: read the file, then run "modelkeep trust", or give --sign-with yourself`,
      );
  }
  const path = named === undefined || named === "" ? resolve(found!.folder, key!) : resolve(folder, named);
  return parsePrivateKey(readFileSync(path, "utf8"), { passphrase: process.env["MODELKEEP_KEY_PASSPHRASE"] });
}

/** Signers as a file or the configuration lists them: keys are PEM, or name a file of it. */
export function ringFrom(value: unknown, folder: string, what: string): NewRing {
  const fault = (message: string) => new ModelkeepError("invalid_input", `${what}: ${message}`);
  const { add, quorum } = (value ?? {}) as Partial<NewRing>;
  if (!Array.isArray(add) || add.length === 0) throw fault('has no list of signers as "add"');
  if (quorum !== undefined && typeof quorum !== "number") throw fault("quorum is not a number");
  return { add: add.map((each) => signerFrom(each as NewSigner | null, folder, fault)), quorum };
}

export function publicPem(key: string, folder: string): string {
  return key.includes("-----BEGIN") ? key : readFileSync(resolve(folder, key), "utf8");
}

function signerFrom(each: NewSigner | null, folder: string, fault: (message: string) => Error): NewSigner {
  const { name, email, key, admin } = each ?? ({} as Partial<NewSigner>);
  const fits =
    typeof name === "string" &&
    typeof key === "string" &&
    ["string", "undefined"].includes(typeof email) &&
    ["boolean", "undefined"].includes(typeof admin);
  if (!fits) throw fault('a signer is {"name", "email"?, "key", "admin"?}, its key PEM or a file of it');
  return { name, email, key: publicPem(key, folder), admin };
}
