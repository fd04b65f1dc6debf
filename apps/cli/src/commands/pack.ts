import { resolve } from "node:path";

import { type ByteSource, ModelkeepError, nameToSegment, packEnvelope } from "@modelkeep/core";
import { writeNewFile, writePackageFile } from "@modelkeep/core/node";
import type { Recipient } from "@modelkeep/encrypt";

import type { Context } from "../context.js";
import { neededIdentities } from "../identities.js";
import { askPassphrase } from "../passphrase.js";
import { wholeNumber } from "../reference.js";
import { progressBar } from "../progress.js";

export async function run(context: Context): Promise<void> {
  const { output, options, signal } = context;
  const registry = await context.registry({ attested: true });
  const envelope = await registry.open(context.arguments[0]!);
  const { name, version } = envelope.version;
  const recipients = await recipientsOf(context);
  const ending = recipients.length > 0 ? ".model.zip.age" : ".model.zip";
  const file = resolve(context.folder, context.arguments[1] ?? `${nameToSegment(name)}-${version}${ending}`);
  const level = wholeNumber(options.text("level") ?? "0", "--level");
  if (level > 9) throw new ModelkeepError("invalid_input", "--level is 0 (stored) to 9");
  const bar = progressBar(output, `packing ${name}@${version}`);
  const packing = { signal, progress: bar.report, ...(level === 0 ? {} : { level }) };
  const writing =
    recipients.length > 0
      ? writeEncrypted(file, () => packEnvelope(envelope, packing), recipients)
      : writePackageFile(file, envelope, packing);
  await writing.finally(bar.stop);
  output.result({ reference: `${name}@${version}`, file, digest: envelope.digest }, `${name}@${version} → ${file}`);
}

/** Nobody: then it is not encrypted. A name that ends in .age is, to whoever is named, else to the user. */
async function recipientsOf({ options, arguments: [, file], folder }: Context): Promise<readonly Recipient[]> {
  const named = options.list("recipient");
  const passphrase = options.flag("passphrase");
  if (named.length > 0 || !(passphrase || file?.endsWith(".age"))) return named;
  if (passphrase) return [{ passphrase: await newPassphrase() }];
  const { recipientOf } = await import("@modelkeep/encrypt");
  const identities = await neededIdentities(options, folder, "The package");
  return Promise.all(
    identities.map(async (each) => (typeof each === "string" ? recipientOf(each) : (each as Recipient))),
  );
}

async function newPassphrase(): Promise<string> {
  const given = process.env["MODELKEEP_PASSPHRASE"];
  if (given) return given;
  const passphrase = await askPassphrase("Passphrase for the package");
  if (passphrase === (await askPassphrase("The same again"))) return passphrase;
  throw new ModelkeepError("invalid_input", "The two passphrases differ: nothing was written");
}

async function writeEncrypted(file: string, plain: ByteSource, recipients: readonly Recipient[]): Promise<void> {
  const { encryptAge } = await import("@modelkeep/encrypt");
  await writeNewFile(file, encryptAge(plain, { recipients })());
}
