import { type Digest, isDigest, isJsonObject, type Json, parseJson } from "@modelkeep/core";

import { fromBase64, toBase64 } from "./base64.js";
import { fault, malformed } from "./fault.js";
import type { PrivateKey } from "./private-key.js";
import type { PublicKey } from "./public-key.js";

/** A statement with who made it, as DSSE writes it in JSON: https://github.com/secure-systems-lab/dsse, version 1. */
export interface SignedStatement {
  readonly payload: string;
  readonly payloadType: string;
  readonly signatures: readonly [{ readonly sig: string; readonly keyid: string }];
}

export type JsonObject = { readonly [key: string]: Json };

const payloadType = "application/vnd.in-toto+json";
const encoder = new TextEncoder();

export function signStatement(statement: JsonObject, key: PrivateKey): SignedStatement {
  const bytes = encoder.encode(JSON.stringify(statement));
  const sig = toBase64(key.sign(preAuthentication(bytes)));
  return { payload: toBase64(bytes), payloadType, signatures: [{ sig, keyid: "" }] };
}

/** A statement that was read, and not verified yet: `verify` before anything in it is believed. */
export interface UnverifiedStatement {
  readonly statement: JsonObject;
  readonly envelope: SignedStatement;
  /** `attestation_invalid` unless this key made the statement. */
  readonly verify: (key: PublicKey) => void;
}

/** One statement by one key, in the only form that is accepted. */
export function readSigned(given: Json | SignedStatement | undefined): UnverifiedStatement {
  const value = given as Json | undefined;
  if (!isJsonObject(value)) throw malformed("has no DSSE envelope");
  if (value["payloadType"] !== payloadType) throw malformed(`has not the payload type ${payloadType}`);
  const bytes = fromBase64(value["payload"]);
  if (bytes === undefined) throw malformed("has a payload that is not base64");
  const signatures = value["signatures"];
  const [signature] = Array.isArray(signatures) && signatures.length === 1 ? signatures : [];
  if (!isJsonObject(signature)) throw malformed("does not have exactly one signature");
  const sig = fromBase64(signature["sig"]);
  if (sig === undefined || sig.length === 0) throw malformed("has a signature that is not base64");
  const statement = parseJson(bytes, { what: "attestation's statement", code: "attestation_malformed", depth: 16 });
  if (!isJsonObject(statement) || statement["_type"] !== "https://in-toto.io/Statement/v1")
    throw malformed("is no in-toto statement of version 1");
  return {
    statement,
    envelope: { payload: toBase64(bytes), payloadType, signatures: [{ sig: toBase64(sig), keyid: "" }] },
    verify(key) {
      if (!key.verify(preAuthentication(bytes), sig))
        throw fault(
          "attestation_invalid",
          `The attestation was not made by the key ${key.keyId}, or was changed since`,
          {
            keyId: key.keyId,
          },
        );
    },
  };
}

/** What is signed: the payload with its type and both lengths before it, so that one kind of text never passes as another. */
export function preAuthentication(payload: Uint8Array, type = payloadType): Uint8Array {
  const head = encoder.encode(`DSSEv1 ${type.length} ${type} ${payload.length} `);
  const bytes = new Uint8Array(head.length + payload.length);
  bytes.set(head);
  bytes.set(payload, head.length);
  return bytes;
}

/** The digest that 64 hexadecimal digits stand for. */
export function digestIn(hex: Json | undefined): Digest | undefined {
  const digest = typeof hex === "string" ? `sha256:${hex}` : undefined;
  return isDigest(digest) ? digest : undefined;
}
