import type { Payload, PayloadSet } from "./codec.js";
import type { Digest } from "./digest.js";
import { ModelkeepError } from "./errors.js";
import type { Manifest } from "./manifest.js";

/** A manifest and its payloads: the model, its preprocessing, its samples, all one unit. */
export interface Envelope {
  readonly manifest: Manifest;
  /** As stored: what `digest` covers, never a re-serialisation. */
  readonly manifestBytes: Uint8Array;
  readonly digest: Digest;
  /** The files of one representation, the main one first; without a name, of the first representation. */
  payloads(representation?: string): PayloadSet;
  /** Any file of the envelope by its path. */
  payload(path: string): Payload | undefined;
  /** The files below `attestations/`, where there can be any. Nothing vouches for them: they vouch for the envelope. */
  attestations?(): Promise<readonly AttestationFile[]>;
}

/** A file of an attestation, as it lies in a package or a folder. */
export interface AttestationFile {
  /** Below `attestations/`. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** An envelope over payloads that are already there. The caller vouches that the manifest was parsed from the bytes. */
export function envelopeOf(
  manifest: Manifest,
  manifestBytes: Uint8Array,
  digest: Digest,
  payload: (path: string) => Payload | undefined,
): Envelope {
  return {
    manifest,
    manifestBytes,
    digest,
    payload,
    payloads(name) {
      const found = manifest.representations.find((each) => name === undefined || each.name === name);
      if (found === undefined) {
        const names = manifest.representations.map((each) => each.name).join(", ");
        const wanted = name === undefined ? "a representation" : `the representation ${JSON.stringify(name)}`;
        throw new ModelkeepError("not_found", `The envelope does not hold ${wanted}; it holds ${names || "none"}`);
      }
      return payloadSet(
        found.payloads.map((path) => {
          const each = payload(path);
          if (each === undefined)
            throw new ModelkeepError("not_found", `The envelope lacks the payload ${JSON.stringify(path)}`);
          return each;
        }),
      );
    },
  };
}

/** Payloads as a set, the first one being the main one. */
export function payloadSet(payloads: Iterable<Payload>): PayloadSet {
  const byPath = new Map<string, Payload>();
  for (const payload of payloads) {
    if (byPath.has(payload.path))
      throw new ModelkeepError("invalid_path", `Two payloads have the path ${JSON.stringify(payload.path)}`);
    byPath.set(payload.path, payload);
  }
  const [main] = byPath.values();
  if (main === undefined) throw new ModelkeepError("invalid_input", "A set of payloads needs at least one payload");
  return { main, get: (path) => byPath.get(path), [Symbol.iterator]: () => byPath.values() };
}
