import type { Limits } from "@modelkeep/core";

import { textAttribute } from "./attribute.js";
import { Budget } from "./budget.js";
import { type Dataset, readDataset } from "./dataset.js";
import { beyondLimit, malformed, truncated, unsupported } from "./errors.js";
import { FileBytes, type Memory, nowhere } from "./file-bytes.js";
import { readMembers } from "./group.js";
import { newerFormat, readMessages } from "./object-header.js";

const signature = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];

export function isHdf5(head: Uint8Array): boolean {
  return signature.every((byte, index) => head[index] === byte);
}

/** An HDF5 file as h5py writes it by default. */
export interface Hdf5File {
  /** A text that the file says of itself. */
  attribute(name: string): string | undefined;
  /** Every array by its path ("layers/dense/vars/0"), in the order of the names. Nothing of the elements is read yet. */
  datasets(): Datasets;
}

export type Datasets = ReadonlyMap<string, Dataset>;

export interface ReadHdf5Options {
  readonly limits?: Limits | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads the form that h5py writes unless it is asked for a newer one: superblock 0 or 1, object headers of version 1.
 * Links are never followed, neither within the file nor out of it.
 * Format: https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html
 */
export function readHdf5(memory: Memory, { limits, signal }: ReadHdf5Options = {}): Hdf5File {
  const file = new FileBytes(memory);
  const budget = new Budget(memory.byteLength, limits, signal);
  const root = rootOf(file);
  return {
    attribute: (name) => textAttribute(file, readMessages(file, root, budget), name, budget),
    datasets: () => walk(file, root, budget),
  };
}

function walk(file: FileBytes, root: number, budget: Budget): Datasets {
  const datasets = new Map<string, Dataset>();
  const seen = new Set<number>();
  const visit = (address: number, path: string, depth: number): void => {
    if (address === nowhere) throw malformed(`has nothing at ${path || "/"}`);
    if (depth > budget.depth)
      throw beyondLimit(
        `The HDF5 file is nested deeper than ${budget.depth} (limits.depth can be raised for a file you trust)`,
      );
    if (seen.has(address))
      throw unsupported(`${path} of the HDF5 file is a second name of an object, which Keras never writes`);
    seen.add(address);
    const messages = readMessages(file, address, budget);
    const dataset = readDataset(file, messages, path, budget);
    if (dataset !== undefined) {
      datasets.set(path, dataset);
      return;
    }
    for (const [name, member] of readMembers(file, messages, path, budget))
      visit(member, path === "" ? name : `${path}/${name}`, depth + 1);
  };
  visit(root, "", 0);
  return datasets;
}

/** The address of the root group, from the superblock. */
function rootOf(file: FileBytes): number {
  if (file.size < signature.length || !isHdf5(file.slice(0, signature.length)))
    throw malformed("does not begin as one");
  const version = file.uint8(8);
  if (version === 2 || version === 3) throw unsupported(newerFormat);
  if (version > 3) throw malformed(`is of the unknown version ${version}`);
  if (file.uint8(13) !== 8 || file.uint8(14) !== 8)
    throw unsupported("The HDF5 file has positions of fewer or more than 8 bytes, which h5py never writes");
  const at = version === 0 ? 24 : 28;
  const end = file.address(at + 16);
  if (file.address(at) !== 0) throw unsupported("The HDF5 file lies within another file, which is not read");
  if (file.size < end) throw truncated(`has ${file.size} bytes of the ${end} that it announces`);
  if (file.size > end) throw malformed(`is followed by ${file.size - end} bytes that are not part of it`);
  return file.address(at + 40);
}
