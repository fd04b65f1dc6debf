import { elementCount } from "@modelkeep/core";

import type { Budget } from "./budget.js";
import { type Datatype, readDataspace, readDatatype } from "./datatype.js";
import { malformed, unsupported } from "./errors.js";
import { decodeText, type FileBytes } from "./file-bytes.js";
import { type Message, messageKind } from "./object-header.js";

interface Attribute {
  readonly name: string;
  readonly type: Datatype;
  readonly shape: readonly number[] | undefined;
  readonly at: number;
  readonly end: number;
}

/** The text of an attribute that is one; undefined when there is no such attribute, or it is something else. */
export function textAttribute(
  file: FileBytes,
  messages: readonly Message[],
  name: string,
  budget: Budget,
): string | undefined {
  for (const message of messages) {
    if (message.kind !== messageKind.attribute) continue;
    budget.step();
    const found = readAttribute(file, message);
    if (found.name !== name || found.shape === undefined || elementCount(found.shape) !== 1) continue;
    if (found.type.form === "text") {
      if (found.at + found.type.size > found.end) throw malformed(`has an attribute ${name} that is cut`, found.at);
      budget.allocate(found.type.size);
      return file.text(found.at, found.type.size);
    }
    if (found.type.form === "words") return heapText(file, found.at, budget);
  }
  return undefined;
}

function readAttribute(file: FileBytes, { at, size }: Message): Attribute {
  const version = file.uint8(at);
  if (version < 1 || version > 3) throw malformed("has an attribute of an unknown version", at);
  if (version > 1 && file.uint8(at + 1) !== 0) throw unsupported("The HDF5 file has an attribute of a named type");
  const [nameSize, typeSize, spaceSize] = [2, 4, 6].map((field) => file.uint16(at + field)) as [number, number, number];
  const padded = (length: number) => (version === 1 ? Math.ceil(length / 8) * 8 : length);
  const nameAt = at + (version === 3 ? 9 : 8);
  const typeAt = nameAt + padded(nameSize);
  const spaceAt = typeAt + padded(typeSize);
  const end = at + size;
  const dataAt = spaceAt + padded(spaceSize);
  if (dataAt > end) throw malformed("has an attribute that is longer than its message", at);
  return {
    name: file.text(nameAt, nameSize),
    type: readDatatype(file, typeAt),
    shape: readDataspace(file, spaceAt),
    at: dataAt,
    end,
  };
}

/** A text in a global heap: its length, the heap's address and its number there. */
function heapText(file: FileBytes, at: number, budget: Budget): string {
  const length = file.uint32(at);
  const heap = file.address(at + 4);
  const wanted = file.uint32(at + 12);
  if (length === 0) return "";
  file.expect(heap, "GCOL", "heap of texts");
  const end = heap + file.uint64(heap + 8);
  for (let place = heap + 16; place + 16 <= end;) {
    budget.step();
    const index = file.uint16(place);
    const size = file.uint64(place + 8);
    if (index === 0) break;
    if (index === wanted) {
      if (length > size) throw malformed("has a text that is longer than its place", place);
      budget.allocate(length);
      return decodeText(file.slice(place + 16, length), place);
    }
    place += 16 + Math.ceil(size / 8) * 8;
  }
  throw malformed(`has no text ${wanted} in its heap`, heap);
}
