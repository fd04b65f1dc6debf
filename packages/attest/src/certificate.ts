import type { X509Certificate } from "node:crypto";

import { ModelkeepError } from "@modelkeep/core";

import { derSequence, derValues, identifierText, tags } from "./der.js";
import { malformed } from "./fault.js";
import { nodeCrypto } from "./node-crypto.js";
import { pemLabels } from "./pem.js";
import type { PrivateKey } from "./private-key.js";
import { publicKeyOf } from "./public-key.js";

/** A certificate with what node:crypto does not tell of it. */
export interface Certificate {
  readonly x509: X509Certificate;
  readonly signedWith: string;
  /** Absent when the extension is. */
  readonly usage?: { readonly digitalSignature: boolean; readonly certificateSigning: boolean } | undefined;
  readonly extendedUsage?: readonly string[] | undefined;
  readonly authority: boolean;
  /** How many authorities may stand between this one and the signing certificate. */
  readonly pathLength?: number | undefined;
  /** Critical extensions that nobody here understands. */
  readonly notUnderstood: readonly string[];
}

const pem = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/gu;
const ids = { usage: "2.5.29.15", constraints: "2.5.29.19", extendedUsage: "2.5.29.37" } as const;
/** Alternative names and policies restrict nothing that is asked here. */
const understood = new Set<string>([...Object.values(ids), "2.5.29.17", "2.5.29.18", "2.5.29.32"]);

/** Certificates in PEM, in their order, in DER. The first must be that of the key, if one is given. */
export function certificatesOf(text: string, key?: PrivateKey): Uint8Array[] {
  const other = pemLabels(text, "The file of certificates").find((label) => label !== "CERTIFICATE");
  if (other !== undefined)
    throw new ModelkeepError("unusable_key", `A file of certificates holds nothing else; here is a block "${other}"`);
  const { X509Certificate } = nodeCrypto();
  const certificates = Array.from(text.matchAll(pem), ([block]) => {
    try {
      return new X509Certificate(block);
    } catch (cause) {
      throw new ModelkeepError("unusable_key", `A certificate can't be read: ${(cause as Error).message}`, { cause });
    }
  });
  if (key !== undefined && publicKeyOf(certificates[0]!.publicKey).keyId !== key.keyId)
    throw new ModelkeepError("unusable_key", "The first certificate is not that of the private key");
  return certificates.map((certificate) => new Uint8Array(certificate.raw));
}

/** Reads a certificate in DER with all that a verifier must know of it. */
export function readCertificate(der: Uint8Array): Certificate {
  const { X509Certificate } = nodeCrypto();
  let x509: X509Certificate;
  try {
    x509 = new X509Certificate(der);
  } catch (cause) {
    throw malformed(`has a certificate that can't be read: ${(cause as Error).message}`);
  }
  const [body, algorithm] = derSequence(x509.raw);
  const extensions = readExtensions(body!.content);
  const usage = extensions.get(ids.usage);
  const extendedUsage = extensions.get(ids.extendedUsage);
  const constraints = extensions.get(ids.constraints);
  const [authority, pathLength] = constraints === undefined ? [] : derSequence(constraints.value);
  const isAuthority = authority?.tag === tags.boolean && authority.content[0] === 0xff;
  return {
    x509,
    signedWith: identifierText(derValues(algorithm!.content)[0]!.content),
    usage: usage && usageOf(usage.value),
    extendedUsage: extendedUsage && derSequence(extendedUsage.value).map(({ content }) => identifierText(content)),
    authority: isAuthority,
    pathLength: isAuthority && pathLength?.tag === tags.integer ? pathLength.content[0] : undefined,
    notUnderstood: [...extensions].filter(([id, { critical }]) => critical && !understood.has(id)).map(([id]) => id),
  };
}

interface Extension {
  readonly critical: boolean;
  readonly value: Uint8Array;
}

/** The extensions are the last part of a certificate's body, tagged [3]. */
function readExtensions(body: Uint8Array): ReadonlyMap<string, Extension> {
  const extensions = new Map<string, Extension>();
  const tagged = derValues(body).find(({ tag }) => tag === 0xa3);
  for (const { content } of tagged === undefined ? [] : derSequence(tagged.content)) {
    const [id, ...rest] = derValues(content);
    const value = rest.at(-1);
    const name = id?.tag === tags.identifier ? identifierText(id.content) : "";
    if (name === "" || value?.tag !== tags.octets || extensions.has(name))
      throw malformed("has a certificate with extensions that can't be read");
    extensions.set(name, { critical: rest.length > 1 && rest[0]!.content[0] === 0xff, value: value.content });
  }
  return extensions;
}

function usageOf(value: Uint8Array): NonNullable<Certificate["usage"]> {
  const [bits] = derValues(value);
  const first = bits?.tag === tags.bits ? (bits.content[1] ?? 0) : 0;
  return { digitalSignature: (first & 0x80) !== 0, certificateSigning: (first & 0x04) !== 0 };
}
