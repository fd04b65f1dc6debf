const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** UTF-8 as text, or `undefined` when it is not UTF-8: overlong forms and half surrogates are not. */
export function decodeText(bytes: Uint8Array): string | undefined {
  if (bytes.length <= 24) {
    let ascii = "";
    for (let at = 0; at < bytes.length && bytes[at]! < 0x80; at++) ascii += String.fromCharCode(bytes[at]!);
    if (ascii.length === bytes.length) return ascii;
  }
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

export function encodeText(text: string): Uint8Array {
  return encoder.encode(text);
}
