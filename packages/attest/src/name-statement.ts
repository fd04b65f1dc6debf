import { checkName, type Digest, digestHex, isJsonObject, isModelkeepError, type Json } from "@modelkeep/core";

import { digestIn, type JsonObject, readSigned, type SignedStatement, type UnverifiedStatement } from "./dsse.js";
import { fault, malformed } from "./fault.js";
import { onlySubject } from "./files-statement.js";
import { parsePublicKey, type PublicKey } from "./public-key.js";

/** A name, a manifest, and the key whose owner says that they belong together. */
export interface NameBinding {
  readonly name: string;
  readonly manifest: Digest;
  /** Whoever holds it made the statement. Whether he is to be trusted is another question. */
  readonly key: PublicKey;
}

export const namePredicateType = "https://github.com/modelkeep/modelkeep/attestations/name/v1";

/** Binds a model's name to a manifest. Not the version's number: a copy in another registry may have another one. */
export function nameStatement(name: string, manifest: Digest, publicKeyPem: string): JsonObject {
  return {
    _type: "https://in-toto.io/Statement/v1",
    subject: [{ name: checkName(name), digest: { sha256: digestHex(manifest) } }],
    predicateType: namePredicateType,
    predicate: { publicKey: publicKeyPem },
  };
}

/** Reads and verifies a name statement in its DSSE envelope, synchronously and with nothing else at hand. */
export function openNameStatement(dsse: Json | SignedStatement | undefined): NameBinding {
  return bindingOf(readSigned(dsse));
}

export function bindingOf({ statement, verify }: UnverifiedStatement): NameBinding {
  if (statement["predicateType"] !== namePredicateType) throw malformed(`is not of the type ${namePredicateType}`);
  const { name, digest } = onlySubject(statement);
  const manifest = digestIn(isJsonObject(digest) ? digest["sha256"] : undefined);
  if (typeof name !== "string" || manifest === undefined) throw malformed("binds no name to a manifest");
  const { predicate } = statement;
  const pem = isJsonObject(predicate) ? predicate["publicKey"] : undefined;
  if (typeof pem !== "string") throw malformed("does not hold its public key");
  const key = keyOf(pem);
  verify(key);
  return { name, manifest, key };
}

/** `attestation_mismatch` unless the binding is of this manifest, under one of these names. */
export function checkBinding(binding: NameBinding, manifest: Digest, names: readonly string[]): void {
  if (binding.manifest !== manifest)
    throw fault("attestation_mismatch", `The attestation is of the manifest ${binding.manifest}, not of ${manifest}`);
  if (!names.includes(binding.name))
    throw fault(
      "attestation_mismatch",
      `The attestation is of the model ${JSON.stringify(binding.name)}, not of ${names.map((name) => JSON.stringify(name)).join(" or ")}`,
    );
}

/** A history has few signers and many entries: their keys are parsed once. */
const keys = new Map<string, PublicKey>();

function keyOf(pem: string): PublicKey {
  const known = keys.get(pem);
  if (known !== undefined) return known;
  let key: PublicKey;
  try {
    key = parsePublicKey(pem);
  } catch (error) {
    if (isModelkeepError(error, "unusable_key")) throw malformed(`holds no usable public key. ${error.message}`);
    throw error;
  }
  if (key.pem !== pem) throw malformed("does not hold its public key in the canonical form");
  if (keys.size >= 256) keys.clear();
  keys.set(pem, key);
  return key;
}
