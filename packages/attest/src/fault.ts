import { ModelkeepError } from "@modelkeep/core";

export type AttestationFault =
  /** It does not have the form of an attestation. */
  | "attestation_malformed"
  /** Its key did not make it: the bytes do not verify. */
  | "attestation_invalid"
  /** Whoever made it is not among those that are trusted. */
  | "attestation_untrusted"
  /** It covers other files than the envelope holds. */
  | "attestation_incomplete"
  /** It is about another model, manifest or name. */
  | "attestation_mismatch";

export function fault(
  code: AttestationFault,
  message: string,
  details: Readonly<Record<string, unknown>> = {},
): ModelkeepError {
  return new ModelkeepError(code, message, { details });
}

export function malformed(message: string): ModelkeepError {
  return fault("attestation_malformed", `The attestation ${message}`);
}
