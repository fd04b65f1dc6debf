import type { Budget } from "./budget.js";
import { malformed, unsupported } from "./errors.js";
import type { FileBytes } from "./file-bytes.js";

export const messageKind = {
  dataspace: 0x01,
  linkInfo: 0x02,
  datatype: 0x03,
  fillValue: 0x05,
  link: 0x06,
  externalFiles: 0x07,
  layout: 0x08,
  filters: 0x0b,
  attribute: 0x0c,
  continuation: 0x10,
  symbolTable: 0x11,
} as const;

/** One message of an object: where its data lies in the file. */
export interface Message {
  readonly kind: number;
  readonly at: number;
  readonly size: number;
}

/** Bit 1: the data lies in another object, which h5py never writes. */
const sharedFlag = 0b10;

/**
 * The messages of an object with a header of version 1, which h5py writes unless it is asked for a newer one.
 * Format: https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html
 */
export function readMessages(file: FileBytes, address: number, budget: Budget): readonly Message[] {
  if (file.uint8(address) !== 1) {
    if (file.uint32(address) === 0x5244_484f) throw unsupported(newerFormat);
    throw malformed("has no object where it names one", address);
  }
  const announced = file.uint16(address + 2);
  const messages: Message[] = [];
  const blocks = [{ at: address + 16, size: file.uint32(address + 8) }];
  let seen = 0;
  for (let block = blocks.shift(); block !== undefined; block = blocks.shift()) {
    const end = block.at + block.size;
    file.slice(block.at, block.size);
    for (let at = block.at; at + 8 <= end && seen < announced; seen++) {
      budget.step();
      const kind = file.uint16(at);
      const size = file.uint16(at + 2);
      const flags = file.uint8(at + 4);
      if (at + 8 + size > end) throw malformed("has a message that is longer than its header", at);
      if ((flags & sharedFlag) !== 0)
        throw unsupported("The HDF5 file shares messages between objects, which is not read");
      if (kind === messageKind.continuation) blocks.push({ at: file.uint64(at + 8), size: file.uint64(at + 16) });
      else messages.push({ kind, at: at + 8, size });
      at += 8 + size;
    }
  }
  if (seen !== announced) throw malformed(`announces ${announced} messages of an object and has ${seen}`, address);
  return messages;
}

export const newerFormat =
  'The HDF5 file is in the form of libver="latest", which is not read: save it with Keras, or copy it with h5py.File(path, "w")';
