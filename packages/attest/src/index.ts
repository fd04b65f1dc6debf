export {
  attest,
  type Attestation,
  attestationFiles,
  attestationsOf,
  type AttestOptions,
  nameBundleOf,
  nameEnvelopeOf,
} from "./attest.js";
export { fromBase64, toBase64 } from "./base64.js";
export { preAuthentication, type SignedStatement } from "./dsse.js";
export type { Attestable } from "./files-statement.js";
export { type KeyAlgorithm, keyAlgorithms } from "./key-algorithm.js";
export { checkBinding, type NameBinding, openNameStatement } from "./name-statement.js";
export { generateKey, parsePrivateKey, type PrivateKey, type PrivateKeyOptions } from "./private-key.js";
export { parsePublicKey, type PublicKey } from "./public-key.js";
export {
  type NoteVerifier,
  openNote,
  type OpenedNote,
  parseVerifierKey,
  signNote,
  writeVerifierKey,
} from "./signed-note.js";
export {
  type Attested,
  checkAttestation,
  checkTrust,
  type Trust,
  verifyAttestation,
  type VerifyAttestationOptions,
} from "./verify-attestation.js";
