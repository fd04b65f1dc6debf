/** Fields of ModelProto with their wire types: varint 0, length-delimited 2. */
const fields: ReadonlyMap<number, number> = new Map([
  [1, 0],
  [2, 2],
  [3, 2],
  [4, 2],
  [5, 0],
  [6, 2],
  [7, 2],
  [8, 2],
  [14, 2],
  [20, 2],
  [25, 2],
  [26, 2],
]);

/**
 * ONNX has no magic number: "yes" when the first bytes read as fields of ModelProto with a plausible IR version and a
 * graph or operator set, which no other format of protobuf messages has at these places; "maybe" when the name says so and nothing speaks against it.
 */
export function sniffOnnx(head: Uint8Array, path?: string): "yes" | "maybe" | "no" {
  const seen = new Set<number>();
  let version: number | undefined;
  let at = 0;
  while (at < head.length) {
    const tag = varint(head, at);
    if (tag === undefined) break;
    const number = Math.floor(tag.value / 8);
    const wireType = tag.value % 8;
    if (number < 1 || number > 4096 || (fields.get(number) ?? wireType) !== wireType) return "no";
    seen.add(number);
    if (wireType === 1 || wireType === 5) at = tag.next + (wireType === 1 ? 8 : 4);
    else if (wireType === 0 || wireType === 2) {
      const value = varint(head, tag.next);
      if (value === undefined) break;
      if (number === 1) version = value.value;
      at = wireType === 0 ? value.next : value.next + value.value;
    } else return "no";
  }
  if (version !== undefined && (version < 1 || version > 64)) return "no";
  if (version !== undefined && (seen.has(7) || seen.has(8))) return "yes";
  return seen.size > 0 && path?.toLowerCase().endsWith(".onnx") === true ? "maybe" : "no";
}

function varint(bytes: Uint8Array, start: number): { value: number; next: number } | undefined {
  let value = 0;
  for (let at = start; at < bytes.length && at < start + 10; at++) {
    value += (bytes[at]! & 0x7f) * 2 ** (7 * (at - start));
    if (bytes[at]! < 0x80) return { value, next: at + 1 };
  }
  return undefined;
}
