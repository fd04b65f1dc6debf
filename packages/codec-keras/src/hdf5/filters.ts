import { inflateSync } from "node:zlib";

import type { Budget } from "./budget.js";
import { malformed, unsupported } from "./errors.js";
import type { FileBytes } from "./file-bytes.js";

interface Filter {
  readonly id: number;
  readonly values: readonly number[];
}

const deflate = 1;
const shuffle = 2;
const checksum = 3;

/** The filters of a dataset, in the order in which they were applied. */
export function readFilters(file: FileBytes, at: number, path: string): readonly Filter[] {
  const version = file.uint8(at);
  const count = file.uint8(at + 1);
  if (version !== 1 && version !== 2) throw malformed("has filters of an unknown version", at);
  let place = at + (version === 1 ? 8 : 2);
  return Array.from({ length: count }, () => {
    const id = file.uint16(place);
    const named = version === 1 || id >= 256;
    const nameSize = named ? file.uint16(place + 2) : 0;
    const values = file.uint16(place + (named ? 6 : 4));
    const start = place + (named ? 8 : 6) + nameSize;
    if (![deflate, shuffle, checksum].includes(id))
      throw unsupported(
        `${path} of the HDF5 file is compressed by filter ${id}: gzip, shuffle and fletcher32 are read; Keras writes none`,
      );
    place = start + values * 4 + (version === 1 && values % 2 === 1 ? 4 : 0);
    return { id, values: Array.from({ length: values }, (_, index) => file.uint32(start + index * 4)) };
  });
}

/** Undoes the filters of one chunk, the last one first; `mask` names those that were left out. */
export function unfilter(
  chunk: Uint8Array,
  filters: readonly Filter[],
  mask: number,
  size: number,
  path: string,
  budget: Budget,
): Uint8Array {
  let bytes = chunk;
  for (const [index, { id, values }] of [...filters.entries()].toReversed()) {
    if ((mask & (1 << index)) !== 0) continue;
    if (id === checksum) bytes = checked(bytes, path);
    else if (id === shuffle) bytes = unshuffled(bytes, values[0] ?? 1, budget);
    else bytes = inflated(bytes, size + 4, path, budget);
  }
  if (bytes.length !== size) throw malformed(`has a chunk of ${path} with ${bytes.length} bytes instead of ${size}`);
  return bytes;
}

function inflated(bytes: Uint8Array, most: number, path: string, budget: Budget): Uint8Array {
  budget.allocate(most);
  try {
    return inflateSync(bytes, { maxOutputLength: most });
  } catch {
    throw malformed(`has a chunk of ${path} that does not unpack`);
  }
}

/** The first bytes of all elements stand together, then the second ones. */
function unshuffled(bytes: Uint8Array, width: number, budget: Budget): Uint8Array {
  if (width <= 1) return bytes;
  const count = Math.floor(bytes.length / width);
  budget.allocate(bytes.length);
  const result = Uint8Array.from(bytes);
  for (let part = 0; part < width; part++)
    for (let index = 0; index < count; index++) result[index * width + part] = bytes[part * count + index]!;
  return result;
}

/** Fletcher's checksum of 32 bits over words of 16, which stands behind the bytes. */
function checked(bytes: Uint8Array, path: string): Uint8Array {
  if (bytes.length < 4) throw malformed(`has a chunk of ${path} without its checksum`);
  const content = bytes.subarray(0, -4);
  let [low, high] = [0, 0];
  for (let at = 0; at < content.length; at += 2) {
    low = (low + content[at]! * 256 + (content[at + 1] ?? 0)) % 65_535;
    high = (high + low) % 65_535;
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset + content.length, 4);
  const found = view.getUint32(0, true);
  if ((found % 65_536) % 65_535 !== low || Math.floor(found / 65_536) % 65_535 !== high)
    throw malformed(`has a chunk of ${path} with a wrong checksum`);
  return content;
}
