import { malformed } from "./fault.js";

/** One value in DER (X.690): where its content lies. */
export interface DerValue {
  readonly tag: number;
  readonly content: Uint8Array;
}

export const tags = {
  boolean: 0x01,
  integer: 0x02,
  bits: 0x03,
  octets: 0x04,
  identifier: 0x06,
  sequence: 0x30,
} as const;

/** The values that bytes consist of, one after the other. */
export function derValues(bytes: Uint8Array): readonly DerValue[] {
  const values: DerValue[] = [];
  for (let at = 0; at < bytes.length;) {
    const tag = bytes[at]!;
    const first = bytes[at + 1];
    // A tag of more than one byte, or a length that is left open, has no place in a certificate.
    if ((tag & 0x1f) === 0x1f || first === undefined || first === 0x80 || first > 0x83) throw notDer();
    const extra = first < 0x80 ? 0 : first & 0x7f;
    let length = first < 0x80 ? first : 0;
    for (let index = 0; index < extra; index++) length = length * 256 + (bytes[at + 2 + index] ?? NaN);
    const start = at + 2 + extra;
    if (!(start + length <= bytes.length)) throw notDer();
    values.push({ tag, content: bytes.subarray(start, start + length) });
    at = start + length;
  }
  return values;
}

/** The values within the one value that bytes consist of. */
export function derSequence(bytes: Uint8Array): readonly DerValue[] {
  const [only, ...others] = derValues(bytes);
  if (only?.tag !== tags.sequence || others.length > 0) throw notDer();
  return derValues(only.content);
}

/** An object identifier in dots: "2.5.29.15". */
export function identifierText(content: Uint8Array): string {
  const arcs: number[] = [];
  let value = 0;
  for (const byte of content) {
    value = value * 128 + (byte & 0x7f);
    if ((byte & 0x80) !== 0) continue;
    if (arcs.length === 0)
      arcs.push(Math.min(2, Math.floor(value / 40)), value - 40 * Math.min(2, Math.floor(value / 40)));
    else arcs.push(value);
    value = 0;
  }
  return arcs.join(".");
}

function notDer(): Error {
  return malformed("has a certificate that is not in DER");
}
