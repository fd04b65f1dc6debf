import { elementCount } from "@modelkeep/core";

import type { Budget } from "./budget.js";
import { malformed } from "./errors.js";
import { type FileBytes, nowhere } from "./file-bytes.js";
import { type readFilters, unfilter } from "./filters.js";

export interface Chunked {
  readonly tree: number;
  /** The shape of one chunk. */
  readonly chunk: readonly number[];
}

interface ChunkedData extends Chunked {
  readonly filters: ReturnType<typeof readFilters>;
  readonly shape: readonly number[];
  /** Bytes of one element. */
  readonly width: number;
  readonly path: string;
}

/** Puts the chunks of a dataset together, row-major. What no chunk covers is zero. */
export function readChunks(file: FileBytes, data: ChunkedData, budget: Budget): Uint8Array {
  const { tree, chunk, shape, width, path } = data;
  if (chunk.length !== shape.length || chunk.some((size) => size === 0))
    throw malformed(`has ${path} in chunks that do not fit its shape`);
  const size = elementCount(shape) * width;
  budget.allocate(size);
  const result = new Uint8Array(size);
  if (tree !== nowhere && size > 0) readNode(file, tree, data, result, budget);
  return result;
}

function readNode(
  file: FileBytes,
  address: number,
  data: ChunkedData,
  result: Uint8Array,
  budget: Budget,
  above?: number,
): void {
  budget.step();
  file.expect(address, "TREE", "tree of chunks");
  if (file.uint8(address + 4) !== 1) throw malformed("has a tree of another kind where chunks must be", address);
  const level = file.uint8(address + 5);
  if (above === undefined ? level > 16 : level !== above - 1)
    throw malformed("has a tree that leads in circles", address);
  const rank = data.chunk.length;
  const keySize = 8 + (rank + 1) * 8;
  const count = file.uint16(address + 6);
  for (let index = 0; index < count; index++) {
    budget.step();
    const key = address + 24 + index * (keySize + 8);
    const child = file.address(key + keySize);
    if (level > 0) {
      readNode(file, child, data, result, budget, level);
      continue;
    }
    const start = data.chunk.map((_, axis) => file.uint64(key + 8 + axis * 8));
    if (start.some((place, axis) => place % data.chunk[axis]! !== 0 || place >= data.shape[axis]!))
      throw malformed(`has a chunk of ${data.path} outside of it`, key);
    const stored = file.slice(child, file.uint32(key));
    budget.read(stored.length);
    const size = elementCount(data.chunk) * data.width;
    place(unfilter(stored, data.filters, file.uint32(key + 4), size, data.path, budget), start, data, result);
  }
}

/** Copies a chunk's rows to where they belong; what reaches beyond the shape is left out. */
function place(bytes: Uint8Array, start: readonly number[], { chunk, shape, width }: ChunkedData, result: Uint8Array) {
  const rank = chunk.length;
  const extent = chunk.map((size, axis) => Math.min(size, shape[axis]! - start[axis]!));
  const rows = elementCount(extent.slice(0, -1));
  const rowBytes = (extent[rank - 1] ?? 1) * width;
  const at = extent.map(() => 0);
  for (let row = 0; row < rows; row++) {
    let [from, to] = [0, 0];
    for (let axis = 0; axis < rank; axis++) {
      from = from * chunk[axis]! + at[axis]!;
      to = to * shape[axis]! + start[axis]! + at[axis]!;
    }
    result.set(bytes.subarray(from * width, from * width + rowBytes), to * width);
    for (let axis = rank - 2; axis >= 0 && ++at[axis]! >= extent[axis]!; axis--) at[axis] = 0;
  }
}
