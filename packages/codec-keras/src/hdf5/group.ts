import type { Budget } from "./budget.js";
import { beyondLimit, leadsOut, malformed, unsupported } from "./errors.js";
import { decodeText, type FileBytes, nowhere } from "./file-bytes.js";
import { type Message, messageKind } from "./object-header.js";

/** What a group holds: the address of each object, by name. */
export function readMembers(
  file: FileBytes,
  messages: readonly Message[],
  path: string,
  budget: Budget,
): ReadonlyMap<string, number> {
  const members = new Map<string, number>();
  const add = (name: string, address: number) => {
    budget.step();
    if (name === "" || name === "." || name === ".." || name.includes("/"))
      throw malformed(`has the name ${JSON.stringify(name)} in ${path || "/"}`);
    if (members.has(name)) throw malformed(`has ${path}/${name} twice`);
    members.set(name, address);
  };
  for (const { kind, at, size } of messages) {
    if (kind === messageKind.symbolTable) {
      const heap = file.address(at + 8);
      file.expect(heap, "HEAP", "heap of names");
      readTree(
        file,
        file.address(at),
        { start: file.address(heap + 24), size: file.uint64(heap + 8), path, add },
        budget,
      );
    } else if (kind === messageKind.linkInfo) {
      const tracked = (file.uint8(at + 1) & 1) !== 0;
      if (file.address(at + 2 + (tracked ? 8 : 0)) !== nowhere)
        throw unsupported(
          `${path || "/"} of the HDF5 file keeps its names in a form that is not read (track_order or libver)`,
        );
    } else if (kind === messageKind.link) {
      const { name, address } = readLink(file, at, size, path);
      add(name, address);
    }
  }
  return members;
}

interface Names {
  readonly start: number;
  readonly size: number;
  readonly path: string;
  readonly add: (name: string, address: number) => void;
}

/** A B-tree of version 1, whose leaves are tables of names. */
function readTree(file: FileBytes, address: number, names: Names, budget: Budget, above?: number): void {
  budget.step();
  file.expect(address, "TREE", "tree of names");
  const level = file.uint8(address + 5);
  if (file.uint8(address + 4) !== 0) throw malformed("has a tree of another kind where names must be", address);
  if (above === undefined ? level > 16 : level !== above - 1)
    throw malformed("has a tree that leads in circles", address);
  const count = file.uint16(address + 6);
  for (let index = 0; index < count; index++) {
    const child = file.address(address + 32 + index * 16);
    if (level > 0) readTree(file, child, names, budget, level);
    else readTable(file, child, names);
  }
}

function readTable(file: FileBytes, address: number, { start, size, path, add }: Names): void {
  file.expect(address, "SNOD", "table of names");
  const count = file.uint16(address + 6);
  for (let index = 0; index < count; index++) {
    const at = address + 8 + index * 40;
    const offset = file.uint64(at);
    if (offset >= size) throw malformed("has a name outside of its heap", at);
    const name = file.text(start + offset, Math.min(size - offset, longestName));
    if (file.uint32(at + 16) === 2) throw softLink(`${path}/${name}`);
    add(name, file.address(at + 8));
  }
}

const longestName = 65_536;

/** A link message: hard, soft or to another file. */
function readLink(file: FileBytes, at: number, size: number, path: string): { name: string; address: number } {
  const flags = file.uint8(at + 1);
  let place = at + 2;
  const kind = (flags & 0x08) === 0 ? 0 : file.uint8(place++);
  if ((flags & 0x04) !== 0) place += 8;
  if ((flags & 0x10) !== 0) place += 1;
  const width = 1 << (flags & 0x03);
  const length =
    width === 1
      ? file.uint8(place)
      : width === 2
        ? file.uint16(place)
        : width === 4
          ? file.uint32(place)
          : file.uint64(place);
  if (length > size || length > longestName) throw beyondLimit(`The HDF5 file has a name of ${length} bytes`);
  place += width;
  const name = decodeText(file.slice(place, length), place);
  place += length;
  if (kind === 1) throw softLink(`${path}/${name}`);
  if (kind === 64) throw leadsOut(`${path}/${name}`, "an external link");
  if (kind !== 0) throw unsupported(`${path}/${name} of the HDF5 file is a link of the unknown kind ${kind}`);
  return { name, address: file.address(place) };
}

function softLink(path: string) {
  return unsupported(`${path} of the HDF5 file is a soft link, which Keras never writes: links are not followed`);
}
