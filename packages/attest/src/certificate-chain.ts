import { isModelkeepError } from "@modelkeep/core";

import { type Certificate, certificatesOf, readCertificate } from "./certificate.js";
import { fault } from "./fault.js";
import { type PublicKey, publicKeyOf } from "./public-key.js";

export interface CertifiedKey {
  readonly key: PublicKey;
  /** Distinguished names of the signing certificate, "CN=…, O=…". */
  readonly certificate: { readonly subject: string; readonly issuer: string };
}

/** RSA and RSA-PSS, ECDSA and Ed25519, with SHA-256 or longer: what MD5 and SHA-1 vouch for can be forged. */
const soundAlgorithms = new Set([
  "1.2.840.113549.1.1.10",
  "1.2.840.113549.1.1.11",
  "1.2.840.113549.1.1.12",
  "1.2.840.113549.1.1.13",
  "1.2.840.10045.4.3.2",
  "1.2.840.10045.4.3.3",
  "1.2.840.10045.4.3.4",
  "1.3.101.112",
]);
const codeSigning = "1.3.6.1.5.5.7.3.3";

/**
 * The key of a signing certificate that leads to one of the roots (RFC 5280, without revocation and name constraints, which
 * are refused where they are critical): every certificate valid at that time, every issuer an authority, the signer allowed to
 * sign. Otherwise `attestation_untrusted`.
 */
export function certifiedKey(chain: readonly Uint8Array[], roots: string, at: Date): CertifiedKey {
  const [signer, ...others] = chain.map(readCertificate) as [Certificate, ...Certificate[]];
  checkSigner(signer);
  checkAlone(signer, at);
  const anchors = certificatesOf(roots).map(readCertificate);
  let current = signer;
  const left = [...others];
  for (let authorities = 0; ; authorities++) {
    const root = anchors.find((each) => issued(each, current));
    if (root !== undefined) {
      checkAuthority(root, authorities, at);
      break;
    }
    const next = left.findIndex((each) => issued(each, current));
    if (next < 0) throw untrusted(current, "leads to none of the given roots");
    current = left.splice(next, 1)[0]!;
    checkAuthority(current, authorities, at);
  }
  return {
    key: signingKey(signer),
    certificate: { subject: oneLine(signer.x509.subject), issuer: oneLine(signer.x509.issuer) },
  };
}

/** The key of a certificate, whoever vouches for it. */
export function signingKey(certificate: Certificate | Uint8Array): PublicKey {
  const read = certificate instanceof Uint8Array ? readCertificate(certificate) : certificate;
  try {
    return publicKeyOf(read.x509.publicKey);
  } catch (error) {
    if (isModelkeepError(error, "unusable_key"))
      throw untrusted(read, `is of a key that is not used here. ${error.message}`);
    throw error;
  }
}

function issued(issuer: Certificate, { x509 }: Certificate): boolean {
  return x509.checkIssued(issuer.x509) && x509.verify(issuer.x509.publicKey);
}

function checkSigner(signer: Certificate): void {
  const { usage, extendedUsage, authority } = signer;
  if (authority) throw untrusted(signer, "is that of an authority, not of a signer");
  const says = usage !== undefined || extendedUsage !== undefined;
  if (!says || usage?.digitalSignature === false || extendedUsage?.includes(codeSigning) === false)
    throw untrusted(signer, "is not made for signing (key usage digitalSignature, or extended usage codeSigning)");
}

function checkAuthority(certificate: Certificate, below: number, at: Date): void {
  checkAlone(certificate, at);
  if (!certificate.authority || certificate.usage?.certificateSigning === false)
    throw untrusted(certificate, "may not issue certificates");
  if (certificate.pathLength !== undefined && below > certificate.pathLength)
    throw untrusted(certificate, `may stand over ${certificate.pathLength} authorities, not over ${below}`);
}

function checkAlone(certificate: Certificate, at: Date): void {
  const { x509, signedWith, notUnderstood } = certificate;
  if (at < new Date(x509.validFrom)) throw untrusted(certificate, `is valid from ${x509.validFrom} on`);
  if (at > new Date(x509.validTo)) throw untrusted(certificate, `was valid until ${x509.validTo}`);
  if (!soundAlgorithms.has(signedWith))
    throw untrusted(certificate, `is signed by an algorithm that is not sound (${signedWith})`);
  if (notUnderstood.length > 0)
    throw untrusted(certificate, `has a critical extension that is not understood here: ${notUnderstood.join(", ")}`);
}

function untrusted({ x509 }: Certificate, message: string): Error {
  return fault("attestation_untrusted", `The certificate of ${oneLine(x509.subject)} ${message}`);
}

function oneLine(name: string): string {
  return name.split("\n").join(", ");
}
