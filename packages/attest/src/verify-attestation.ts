import { ModelkeepError } from "@modelkeep/core";

import type { Attestation } from "./attest.js";
import { readBundle } from "./bundle.js";
import { certifiedKey, signingKey } from "./certificate-chain.js";
import { fault } from "./fault.js";
import { type Attestable, checkFiles } from "./files-statement.js";
import type { KeyAlgorithm } from "./key-algorithm.js";
import { bindingOf, checkBinding, type NameBinding } from "./name-statement.js";
import { parsePublicKey, type PublicKey } from "./public-key.js";

/** Whose attestations count. */
export interface Trust {
  /** Public keys, in PEM. */
  readonly keys?: readonly string[] | undefined;
  /** Certificates of authorities, in PEM, one after the other: whoever they vouch for is trusted. */
  readonly roots?: string | undefined;
  /** When certificates must have been valid. Default: now. */
  readonly at?: Date | undefined;
}

/** Whom `verifyAttestation` believes, and under which name the envelope must have been attested. */
export interface VerifyAttestationOptions extends Trust {
  /** The name that the envelope goes by, or any of its names. `null` takes files without a name, as other tools attest them. */
  readonly name: string | readonly string[] | null;
}

/** Who attested, as far as the trust says. */
export interface Attested {
  readonly keyId: string;
  readonly algorithm: KeyAlgorithm;
  /** The name that it is bound to. */
  readonly name?: string | undefined;
  /** Distinguished names of the signing certificate, when a root vouches for the key. */
  readonly certificate?: { readonly subject: string; readonly issuer: string } | undefined;
}

/**
 * Verifies both parts of an attestation: somebody who is trusted made it, of exactly these files, under this name. Otherwise an
 * error whose code says what is wrong. Bytes of payloads are not read: they are compared with the manifest when they are.
 * @throws `attestation_untrusted` where nobody who is trusted made it, `attestation_invalid` where it was changed since
 * @throws `attestation_incomplete` where it covers other files, `attestation_mismatch` where it is of another manifest or name
 */
export function verifyAttestation(
  attestation: Attestation,
  envelope: Attestable,
  options: VerifyAttestationOptions,
): Attested {
  const { maker, signed } = readBundle(attestation.files);
  const found = maker.certificates === undefined ? keyOf(maker.keyId, options) : chainOf(maker.certificates, options);
  signed.verify(found.key);
  checkFiles(signed.statement, envelope);
  const { key, certificate } = found;
  return {
    keyId: key.keyId,
    algorithm: key.algorithm,
    ...(options.name !== null && { name: bindingIn(attestation, envelope, key.keyId, [options.name].flat()).name }),
    ...(certificate !== undefined && { certificate }),
  };
}

interface Found {
  readonly key: PublicKey;
  readonly certificate?: Attested["certificate"];
}

function keyOf(keyId: string, { keys = [] }: Trust): Found {
  const key = keys.map(parsePublicKey).find((each) => each.keyId === keyId);
  if (key === undefined)
    throw fault(
      "attestation_untrusted",
      `The attestation names the key ${keyId}, which is none of those that are trusted`,
      { keyId },
    );
  return { key };
}

function chainOf(certificates: readonly Uint8Array[], { keys = [], roots, at = new Date() }: Trust): Found {
  if (roots !== undefined) return certifiedKey(certificates, roots, at);
  throw fault(
    "attestation_untrusted",
    keys.length > 0
      ? "The attestation was made with a certificate: give the roots that it must lead to"
      : "The attestation was made with a certificate, and no root is given",
  );
}

/**
 * Whether both parts of an attestation belong together and to this envelope, whoever made them: what a registry asks before it
 * keeps one. Trust is decided by those who read it.
 */
export function checkAttestation(
  attestation: Attestation,
  envelope: Attestable,
  names: readonly string[],
): NameBinding {
  const { maker, signed } = readBundle(attestation.files);
  const key = maker.certificates === undefined ? undefined : signingKey(maker.certificates[0]!);
  const binding = bindingIn(attestation, envelope, key?.keyId ?? maker.keyId!, names);
  signed.verify(binding.key);
  checkFiles(signed.statement, envelope);
  return binding;
}

function bindingIn(
  attestation: Attestation,
  envelope: Attestable,
  keyId: string,
  names: readonly string[],
): NameBinding {
  if (attestation.name === undefined)
    throw fault(
      "attestation_mismatch",
      "The attestation covers files and binds them to no name: the same files pass under any",
    );
  const binding = bindingOf(readBundle(attestation.name).signed);
  if (binding.key.keyId !== keyId)
    throw fault("attestation_mismatch", "The files and the name are attested by different keys");
  checkBinding(binding, envelope.digest, names);
  return binding;
}

/** Keys as given by callers, or `invalid_input` when nobody is trusted. */
export function checkTrust({ keys = [], roots }: Trust): void {
  if (keys.length === 0 && roots === undefined)
    throw new ModelkeepError(
      "invalid_input",
      "Say whose attestations count: give public keys, or roots of certificates",
    );
  for (const key of keys) parsePublicKey(key);
}
