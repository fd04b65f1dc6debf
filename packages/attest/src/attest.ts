import { digestHex, digestOf } from "@modelkeep/core";

import { type Maker, readBundle, writeBundle } from "./bundle.js";
import { certificatesOf } from "./certificate.js";
import { signStatement, type SignedStatement } from "./dsse.js";
import { type Attestable, filesStatement } from "./files-statement.js";
import { nameStatement } from "./name-statement.js";
import type { PrivateKey } from "./private-key.js";

/** Two sigstore bundles by one key: one over the files of an envelope, one over the name that it goes by. */
export interface Attestation {
  /** OpenSSF Model Signing 1.0: the reference tools verify it. */
  readonly files: Uint8Array;
  /** Absent where other tools attested: then nothing ties the files to a name. */
  readonly name?: Uint8Array | undefined;
}

/** What `attest` binds: the model's name, and the certificates that go into the bundle. */
export interface AttestOptions {
  /** The model's name. */
  readonly name: string;
  /** In PEM: the certificate of the key, then those that lead to a root. Without any, the bundle only says the key's id. */
  readonly certificates?: string | undefined;
}

/**
 * Attests an envelope. The caller has read it: every byte was compared with its digest, as `stream()` of a payload does.
 * A certificate of another key is `unusable_key`.
 */
export function attest(envelope: Attestable, key: PrivateKey, { name, certificates }: AttestOptions): Attestation {
  const maker: Maker =
    certificates === undefined ? { keyId: key.keyId } : { certificates: certificatesOf(certificates, key) };
  return {
    files: writeBundle(signStatement(filesStatement(envelope, name), key), maker),
    name: writeBundle(signStatement(nameStatement(name, envelope.digest, key.publicKeyPem), key), maker),
  };
}

/** The two bundles as files beside an envelope, `attestations/<16 digits>.files.json` and `.name.json`. */
export function attestationFiles({
  files,
  name,
}: Attestation): { readonly path: string; readonly bytes: Uint8Array }[] {
  const stem = `attestations/${digestHex(digestOf(files)).slice(0, 16)}`;
  return [
    { path: `${stem}.files.json`, bytes: files },
    ...(name === undefined ? [] : [{ path: `${stem}.name.json`, bytes: name }]),
  ];
}

/** Files beside an envelope as attestations. A file whose name tells nothing is taken for a bundle of another tool. */
export function attestationsOf(
  files: Iterable<{ readonly path: string; readonly bytes: Uint8Array }>,
): (Attestation & { readonly path: string })[] {
  const byPath = new Map(Array.from(files, ({ path, bytes }) => [path, bytes]));
  return [...byPath].flatMap(([path, bytes]) => {
    if (path.endsWith(".name.json") && byPath.has(path.replace(/name\.json$/u, "files.json"))) return [];
    const name = path.endsWith(".files.json") ? byPath.get(path.replace(/files\.json$/u, "name.json")) : undefined;
    return [{ path, files: bytes, ...(name !== undefined && { name }) }];
  });
}

/** The name statement of an attestation in its DSSE envelope: what a log keeps of it. */
export function nameEnvelopeOf(name: Uint8Array): SignedStatement {
  return readBundle(name).signed.envelope;
}

/** The bundle over the name again, from what a log kept and from the bundle over the files. */
export function nameBundleOf(dsse: SignedStatement, files: Uint8Array): Uint8Array {
  return writeBundle(dsse, readBundle(files).maker);
}
