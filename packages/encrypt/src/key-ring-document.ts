import { isPassphrase, parseIdentities, type Recipient, recipientOf } from "./keys.js";

/**
 * The plain text of a key ring, an identity file as age knows it: the identities of the store, the newest first, and in
 * comments to whom the file is encrypted.
 */
export interface KeyRingDocument {
  readonly identities: readonly string[];
  readonly recipients: readonly string[];
}

const format = "# modelkeep.encryption/1\n";
const recipientLine = "# recipient: ";

export async function writeKeyRing({ identities, recipients }: KeyRingDocument): Promise<string> {
  const keys = await Promise.all(identities.map(async (each) => `# public key: ${await recipientOf(each)}\n${each}\n`));
  return [format, ...recipients.map((recipient) => `${recipientLine}${recipient}\n`), ...keys].join("");
}

/** `undefined` when it is of another format. */
export function readKeyRing(text: string, what: string): KeyRingDocument | undefined {
  if (!text.startsWith(format)) return undefined;
  const lines = text.split("\n").filter((line) => line.startsWith(recipientLine));
  return { identities: parseIdentities(text, what), recipients: lines.map((line) => line.slice(recipientLine.length)) };
}

/** How a recipient is called in a key ring. Of a passphrase nothing is told. */
export function nameOf(recipient: Recipient): string {
  if (typeof recipient === "string") return recipient;
  return isPassphrase(recipient) ? "a passphrase" : "a recipient of another kind";
}
