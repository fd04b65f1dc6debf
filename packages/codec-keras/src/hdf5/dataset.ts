import { byteLength, elementCount, isModelkeepError, type Tensor, tensorFromBytes } from "@modelkeep/core";

import { textAttribute } from "./attribute.js";
import type { Budget } from "./budget.js";
import { type Chunked, readChunks } from "./chunks.js";
import { type Datatype, readDataspace, readDatatype } from "./datatype.js";
import { leadsOut, malformed, unsupported } from "./errors.js";
import { type FileBytes, nowhere } from "./file-bytes.js";
import { readFilters } from "./filters.js";
import { type Message, messageKind } from "./object-header.js";

/** One array of a file. Its elements are read when they are asked for. */
export interface Dataset {
  readonly path: string;
  readonly type: Datatype;
  readonly shape: readonly number[];
  /** A view on the file where it can be. Throws `unsupported` for elements that no tensor holds. */
  tensor(): Tensor;
}

type Layout =
  | { readonly form: "plain"; readonly at: number; readonly size: number }
  | ({ readonly form: "chunks" } & Chunked);

/** Reads what an object says of its elements; undefined when it has none: it is a group. */
export function readDataset(
  file: FileBytes,
  messages: readonly Message[],
  path: string,
  budget: Budget,
): Dataset | undefined {
  const find = (kind: number) => messages.find((message) => message.kind === kind);
  const layoutMessage = find(messageKind.layout);
  if (layoutMessage === undefined) return undefined;
  if (find(messageKind.externalFiles) !== undefined) throw leadsOut(path, "external storage");
  const typeMessage = find(messageKind.datatype);
  const spaceMessage = find(messageKind.dataspace);
  if (typeMessage === undefined || spaceMessage === undefined) throw malformed(`has ${path} without a type or a shape`);
  const layout = readLayout(file, layoutMessage, path);
  const type = withDeclared(readDatatype(file, typeMessage.at), file, messages, budget);
  const shape = readDataspace(file, spaceMessage.at) ?? [0];
  const count = countOf(shape, path);
  const fillMessage = find(messageKind.fillValue);
  const filterMessage = find(messageKind.filters);
  return {
    path,
    type,
    shape,
    tensor() {
      const { dtype } = type;
      if (dtype === undefined)
        throw unsupported(`${path} of the HDF5 file holds ${type.name}, which are no numbers of a model`);
      const size = byteLength(dtype, count);
      if (size !== count * type.size) throw malformed(`has elements of ${path} of an odd size`);
      const partial = layout.form === "chunks" || layout.at === nowhere;
      if (partial && fillMessage !== undefined && hasFillValue(file, fillMessage))
        throw unsupported(`${path} of the HDF5 file has a fill value other than zero, which Keras never writes`);
      const filters = filterMessage === undefined ? [] : readFilters(file, filterMessage.at, path);
      const bytes =
        layout.form === "chunks"
          ? readChunks(file, { ...layout, filters, shape, width: type.size, path }, budget)
          : plainBytes(file, layout, size, path, budget);
      const ordered = type.bigEndian ? swapped(bytes, type.size, budget) : bytes;
      if (dtype === "bool" && ordered.some((value) => value > 1))
        throw malformed(`has values in ${path} that are neither true nor false`);
      return tensorFromBytes(dtype, shape, ordered);
    },
  };
}

/** Keras keeps bfloat16 as two bytes of no type, and says so beside them. */
function withDeclared(type: Datatype, file: FileBytes, messages: readonly Message[], budget: Budget): Datatype {
  if (type.dtype !== undefined || type.size !== 2) return type;
  return textAttribute(file, messages, "dtype", budget) === "bfloat16"
    ? { size: 2, form: "numbers", dtype: "bfloat16", bigEndian: false, name: "bfloat16" }
    : type;
}

function readLayout(file: FileBytes, { at, size }: Message, path: string): Layout {
  const version = file.uint8(at);
  if (version === 4 && file.uint8(at + 1) === 3) throw leadsOut(path, "a virtual dataset");
  if (version === 4) throw unsupported(`${path} of the HDF5 file is in a form of libver="latest", which is not read`);
  if (version !== 3)
    throw unsupported(`${path} of the HDF5 file is in a form from before HDF5 1.6.3: copy the file with h5py`);
  switch (file.uint8(at + 1)) {
    case 0: {
      const length = file.uint16(at + 2);
      if (length + 4 > size) throw malformed(`has ${path} longer than the place it has`, at);
      return { form: "plain", at: at + 4, size: length };
    }
    case 1:
      return { form: "plain", at: file.address(at + 2), size: file.uint64(at + 10) };
    case 2: {
      const rank = file.uint8(at + 2) - 1;
      if (rank < 0 || rank > 32) throw malformed(`has ${path} in chunks of an impossible shape`, at);
      const chunk = Array.from({ length: rank }, (_, index) => file.uint32(at + 11 + index * 4));
      return { form: "chunks", tree: file.address(at + 3), chunk };
    }
    default:
      throw malformed(`has ${path} in a layout that does not exist`, at);
  }
}

function plainBytes(
  file: FileBytes,
  { at, size }: { readonly at: number; readonly size: number },
  wanted: number,
  path: string,
  budget: Budget,
): Uint8Array {
  if (at === nowhere) {
    budget.allocate(wanted);
    return new Uint8Array(wanted);
  }
  if (size !== wanted) throw malformed(`has ${size} bytes for ${path}, whose shape needs ${wanted}`, at);
  budget.read(size);
  return file.slice(at, size);
}

/** Whether what was never written has another value than zero. */
function hasFillValue(file: FileBytes, { at, size }: Message): boolean {
  const version = file.uint8(at);
  const [defined, start] =
    version === 3 ? [(file.uint8(at + 1) & 0x20) !== 0, at + 2] : [version === 1 || file.uint8(at + 3) !== 0, at + 4];
  if (!defined || start + 4 > at + size) return false;
  return file.slice(start + 4, file.uint32(start)).some((byte) => byte !== 0);
}

function swapped(bytes: Uint8Array, width: number, budget: Budget): Uint8Array {
  budget.allocate(bytes.length);
  const result = Uint8Array.from(bytes);
  for (let at = 0; at < result.length; at += width) result.subarray(at, at + width).reverse();
  return result;
}

function countOf(shape: readonly number[], path: string): number {
  try {
    return elementCount(shape);
  } catch (error) {
    if (isModelkeepError(error)) throw malformed(`has ${path} in an impossible shape`);
    throw error;
  }
}
