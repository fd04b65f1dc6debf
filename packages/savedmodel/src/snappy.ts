import { ModelkeepError } from "@modelkeep/core";

/** One block of Snappy's raw format (https://github.com/google/snappy/blob/main/format_description.txt). */
export function unsnappy(source: Uint8Array, most: number): Uint8Array {
  let at = 0;
  let length = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = source[at++];
    if (byte === undefined || shift > 28) throw broken();
    length += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) break;
  }
  if (length > most)
    throw new ModelkeepError("limit_exceeded", `A block of the index has ${length} bytes; ${most} are allowed`);
  const target = new Uint8Array(length);
  let filled = 0;
  const bytes = (count: number): number => {
    let value = 0;
    for (let index = 0; index < count; index++) value += (source[at++] ?? 0) * 2 ** (8 * index);
    return value;
  };
  while (at < source.length) {
    const tag = source[at++]!;
    if ((tag & 3) === 0) {
      const short = tag >> 2;
      const size = (short < 60 ? short : bytes(short - 59)) + 1;
      if (at + size > source.length || filled + size > length) throw broken();
      target.set(source.subarray(at, at + size), filled);
      at += size;
      filled += size;
      continue;
    }
    const size = (tag & 3) === 1 ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1;
    const offset = (tag & 3) === 1 ? ((tag >> 5) << 8) + bytes(1) : bytes((tag & 3) === 2 ? 2 : 4);
    if (offset === 0 || offset > filled || filled + size > length) throw broken();
    // Byte by byte: a copy may overlap what it makes.
    for (let index = 0; index < size; index++) target[filled + index] = target[filled + index - offset]!;
    filled += size;
  }
  if (filled !== length) throw broken();
  return target;
}

function broken(): ModelkeepError {
  return new ModelkeepError("malformed", "A compressed block of the index is broken");
}
