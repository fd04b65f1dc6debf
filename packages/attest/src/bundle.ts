import { isJsonObject, type Json, parseJson } from "@modelkeep/core";

import { fromBase64, toBase64 } from "./base64.js";
import { readSigned, type SignedStatement, type UnverifiedStatement } from "./dsse.js";
import { malformed } from "./fault.js";

/** Who made a bundle: a key, by its id, or a certificate with those that vouch for it, in DER, the signing one first. */
export type Maker =
  | { readonly keyId: string; readonly certificates?: undefined }
  | { readonly keyId?: undefined; readonly certificates: readonly Uint8Array[] };

export interface Bundle {
  readonly maker: Maker;
  readonly signed: UnverifiedStatement;
}

const mediaType = "application/vnd.dev.sigstore.bundle.v0.3+json";
/** Bytes of one bundle that are looked at. */
export const bundleLimit = 4 << 20;
const mostCertificates = 8;

/** A sigstore bundle, version 0.3, as the OpenSSF Model Signing tools read it. */
export function writeBundle(dsse: SignedStatement, maker: Maker): Uint8Array {
  const material =
    maker.certificates === undefined
      ? { publicKey: { hint: maker.keyId } }
      : { x509CertificateChain: { certificates: maker.certificates.map((der) => ({ rawBytes: toBase64(der) })) } };
  const bundle = { mediaType, verificationMaterial: { ...material, tlogEntries: [] }, dsseEnvelope: dsse };
  return new TextEncoder().encode(`${JSON.stringify(bundle, undefined, 2)}\n`);
}

export function readBundle(bytes: Uint8Array): Bundle {
  if (bytes.length > bundleLimit) throw malformed(`has more than ${bundleLimit} bytes`);
  const value = parseJson(bytes, { what: "attestation", code: "attestation_malformed", depth: 16 });
  if (!isJsonObject(value) || value["mediaType"] !== mediaType) throw malformed(`is no sigstore bundle of version 0.3`);
  if (value["messageSignature"] !== undefined) throw malformed("is over a message, not over a statement");
  return {
    maker: readMaker(value["verificationMaterial"]),
    signed: readSigned(value["dsseEnvelope"]),
  };
}

function readMaker(value: Json | undefined): Maker {
  if (!isJsonObject(value)) throw malformed("does not say who made it");
  const { publicKey, x509CertificateChain: chain } = value;
  if (value["certificate"] !== undefined)
    throw malformed("was made with a certificate for one use (keyless), which is not accepted here");
  if ((publicKey === undefined) === (chain === undefined))
    throw malformed("must name one key, or one chain of certificates");
  if (publicKey !== undefined) {
    const keyId = isJsonObject(publicKey) ? publicKey["hint"] : undefined;
    if (typeof keyId !== "string" || !/^[0-9a-f]{64}$/u.test(keyId)) throw malformed("has no key id as its hint");
    return { keyId };
  }
  const list = isJsonObject(chain) ? chain["certificates"] : undefined;
  if (!Array.isArray(list) || list.length === 0 || list.length > mostCertificates)
    throw malformed(`has not between 1 and ${mostCertificates} certificates`);
  return {
    certificates: list.map((each) => {
      const der = isJsonObject(each) ? fromBase64(each["rawBytes"]) : undefined;
      if (der === undefined || der.length === 0) throw malformed("has a certificate that is not base64");
      return der;
    }),
  };
}
