import { elementCount, ModelkeepError, type Tensor, tensorBytes } from "@modelkeep/core";

import { type Group, isGroup, type Leaf, nameTree } from "./name-tree.js";
import { messageKind } from "./object-header.js";
import { typeMessage } from "./writable-type.js";

/** An HDF5 file to be: its size, and its bytes as often as they are asked for. */
export interface Hdf5Output {
  readonly size: number;
  readonly open: () => AsyncIterable<Uint8Array>;
}

const undefinedAddress = 2n ** 64n - 1n;
const superblockSize = 96;
/** Half of the children that a tree's node may have; h5py's default. */
const treeHalf = 16;
const treeSize = 24 + (2 * treeHalf + 1) * 8 + 2 * treeHalf * 8;
const heapOfTextsSize = 4096;

/**
 * Writes tensors as h5py does by default: superblock 0, groups as tables of names, arrays in one piece. The same tensors
 * give the same bytes. Format: https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html
 */
export function writeHdf5(tensors: ReadonlyMap<string, Tensor>): Hdf5Output {
  const tree = nameTree(tensors);
  const writer = new Writer(tree);
  const { head, leaves, size } = writer.finish();
  return {
    size,
    async *open() {
      yield head;
      for (const { tensor } of leaves) {
        const bytes = tensorBytes(tensor);
        yield bytes;
        if (bytes.length % 8 !== 0) yield new Uint8Array(8 - (bytes.length % 8));
      }
    },
  };
}

/** Gives everything its place first, the arrays behind all else, and then writes what is not an array. */
class Writer {
  readonly #root: Group;
  /** Half of the names that a table may have: as many as let one tree node hold the largest group. */
  readonly #tableHalf: number;
  readonly #addresses = new Map<Group | Leaf, number>();
  readonly #data = new Map<Leaf, number>();
  #heapOfTexts = 0;
  #end = superblockSize;
  #view = new DataView(new ArrayBuffer(0));

  constructor(root: Group) {
    this.#root = root;
    this.#tableHalf = Math.max(4, Math.ceil(largest(root) / (4 * treeHalf)));
    if (this.#tableHalf > 0xffff)
      throw new ModelkeepError("unsupported", `A group of an HDF5 file cannot have ${largest(root)} names`);
  }

  finish(): { readonly head: Uint8Array; readonly leaves: readonly Leaf[]; readonly size: number } {
    this.#place(this.#root);
    const leaves = [...this.#addresses.keys()].filter((node): node is Leaf => !isGroup(node));
    if (leaves.some(({ tensor }) => tensor.dtype === "bfloat16")) this.#heapOfTexts = this.#take(heapOfTextsSize);
    const headSize = this.#end;
    for (const leaf of leaves) this.#data.set(leaf, this.#take(tensorBytes(leaf.tensor).length));
    const head = new Uint8Array(headSize);
    this.#view = new DataView(head.buffer);
    this.#superblock(this.#end);
    for (const [node, at] of this.#addresses) {
      if (isGroup(node)) this.#group(node, at);
      else this.#dataset(node, at);
    }
    if (this.#heapOfTexts > 0) this.#texts();
    return { head, leaves, size: this.#end };
  }

  #take(size: number): number {
    const at = this.#end;
    this.#end += Math.ceil(size / 8) * 8;
    return at;
  }

  #place(node: Group | Leaf): void {
    this.#addresses.set(node, this.#take(isGroup(node) ? this.#groupSize(node) : headerSize(messagesOf(node, 0, 0))));
    if (isGroup(node)) for (const member of node.members.values()) this.#place(member);
  }

  /** Header, tree, heap of names and tables, one after the other. */
  #groupSize({ members }: Group): number {
    return 40 + treeSize + 32 + namesOf(members).length + this.#tables(members) * this.#tableSize;
  }

  get #tableSize(): number {
    return 8 + 2 * this.#tableHalf * 40;
  }

  #tables(members: Group["members"]): number {
    return Math.ceil(members.size / (2 * this.#tableHalf));
  }

  #superblock(end: number): void {
    this.#bytes(0, [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0, 0, 8, 8, 0]);
    this.#view.setUint16(16, this.#tableHalf, true);
    this.#view.setUint16(18, treeHalf, true);
    this.#address(32, undefinedAddress);
    this.#address(40, end);
    this.#address(48, undefinedAddress);
    this.#entry(56, 0, this.#root);
  }

  /** What a table, or the superblock, says of an object. */
  #entry(at: number, name: number, node: Group | Leaf): void {
    const address = this.#addresses.get(node)!;
    this.#address(at, name);
    this.#address(at + 8, address);
    if (!isGroup(node)) return;
    this.#view.setUint32(at + 16, 1, true);
    this.#address(at + 24, address + 40);
    this.#address(at + 32, address + 40 + treeSize);
  }

  #group({ members }: Group, at: number): void {
    const tree = at + 40;
    const heap = tree + treeSize;
    const names = namesOf(members);
    const tables = heap + 32 + names.length;
    this.#header(at, [{ kind: messageKind.symbolTable, bytes: [...uint64(tree), ...uint64(heap)] }]);
    this.#text(heap, "HEAP");
    this.#address(heap + 8, names.length);
    // Nothing of it is free.
    this.#address(heap + 16, 1);
    this.#address(heap + 24, heap + 32);
    this.#bytes(heap + 32, names);
    this.#text(tree, "TREE");
    this.#view.setUint16(tree + 6, this.#tables(members), true);
    this.#address(tree + 8, undefinedAddress);
    this.#address(tree + 16, undefinedAddress);
    let name = 8;
    for (const [index, [text, member]] of [...members].entries()) {
      const place = index % (2 * this.#tableHalf);
      const number = (index - place) / (2 * this.#tableHalf);
      const table = tables + number * this.#tableSize;
      if (place === 0) {
        this.#text(table, "SNOD");
        this.#view.setUint8(table + 4, 1);
        this.#address(tree + 32 + number * 16, table);
      }
      this.#view.setUint16(table + 6, place + 1, true);
      this.#entry(table + 8 + place * 40, name, member);
      // Each key is the last name of the table before it.
      this.#address(tree + 40 + number * 16, name);
      name += padded(new TextEncoder().encode(text).length + 1);
    }
  }

  #dataset(leaf: Leaf, at: number): void {
    this.#header(at, messagesOf(leaf, this.#data.get(leaf)!, this.#heapOfTexts));
  }

  #header(at: number, messages: readonly WrittenMessage[]): void {
    this.#bytes(at, [1, 0]);
    this.#view.setUint16(at + 2, messages.length, true);
    this.#view.setUint32(at + 4, 1, true);
    this.#view.setUint32(at + 8, headerSize(messages) - 16, true);
    let place = at + 16;
    for (const { kind, bytes } of messages) {
      this.#view.setUint16(place, kind, true);
      this.#view.setUint16(place + 2, padded(bytes.length), true);
      this.#bytes(place + 8, bytes);
      place += 8 + padded(bytes.length);
    }
  }

  /** The one text that files have: the name of the type that HDF5 lacks. */
  #texts(): void {
    const at = this.#heapOfTexts;
    this.#text(at, "GCOL");
    this.#view.setUint8(at + 4, 1);
    this.#address(at + 8, heapOfTextsSize);
    this.#view.setUint16(at + 16, 1, true);
    this.#view.setUint16(at + 18, 1, true);
    this.#address(at + 24, bfloat16.length);
    this.#text(at + 32, bfloat16);
    this.#address(at + 48, heapOfTextsSize - 40);
  }

  #text(at: number, text: string): void {
    this.#bytes(at, new TextEncoder().encode(text));
  }

  #bytes(at: number, bytes: ArrayLike<number>): void {
    new Uint8Array(this.#view.buffer).set(bytes, at);
  }

  #address(at: number, value: number | bigint): void {
    this.#view.setBigUint64(at, BigInt(value), true);
  }
}

const bfloat16 = "bfloat16";

interface WrittenMessage {
  readonly kind: number;
  readonly bytes: readonly number[];
}

/** Their sizes do not depend on the addresses. */
function messagesOf({ path, tensor }: Leaf, data: number, heapOfTexts: number): readonly WrittenMessage[] {
  const type = typeMessage(tensor.dtype);
  if (type === undefined)
    throw new ModelkeepError("unsupported", `HDF5 files hold no ${tensor.dtype}, as the tensor ${path} is`);
  const size = tensorBytes(tensor).length;
  const empty = elementCount(tensor.shape) === 0;
  return [
    { kind: messageKind.dataspace, bytes: [1, tensor.shape.length, 0, 0, 0, 0, 0, 0, ...tensor.shape.flatMap(uint64)] },
    { kind: messageKind.datatype, bytes: type },
    // Made late, written when set, not defined: as h5py does.
    { kind: messageKind.fillValue, bytes: [2, 2, 2, 0] },
    { kind: messageKind.layout, bytes: [3, 1, ...uint64(empty ? undefinedAddress : data), ...uint64(size)] },
    ...(tensor.dtype === "bfloat16" ? [{ kind: messageKind.attribute, bytes: declared(heapOfTexts) }] : []),
  ];
}

/** The attribute dtype = "bfloat16": a text of any length, in UTF-8. */
function declared(heap: number): readonly number[] {
  const name = [0x64, 0x74, 0x79, 0x70, 0x65, 0, 0, 0];
  const type = [0x19, 1, 1, 0, 16, 0, 0, 0, 0x10, 0, 0, 0, 1, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0];
  const space = [1, 0, 0, 0, 0, 0, 0, 0];
  const value = [bfloat16.length, 0, 0, 0, ...uint64(heap), 1, 0, 0, 0];
  return [1, 0, 6, 0, type.length - 4, 0, space.length, 0, ...name, ...type, ...space, ...value];
}

function headerSize(messages: readonly WrittenMessage[]): number {
  return 16 + messages.reduce((sum, { bytes }) => sum + 8 + padded(bytes.length), 0);
}

/** The names of a group, each with a zero behind it, at multiples of 8; the first one is empty. */
function namesOf(members: Group["members"]): Uint8Array {
  const names = Array.from(members.keys(), (name) => new TextEncoder().encode(name));
  const bytes = new Uint8Array(8 + names.reduce((sum, name) => sum + padded(name.length + 1), 0));
  let at = 8;
  for (const name of names) {
    bytes.set(name, at);
    at += padded(name.length + 1);
  }
  return bytes;
}

function largest({ members }: Group): number {
  return Math.max(members.size, ...Array.from(members.values(), (node) => (isGroup(node) ? largest(node) : 0)));
}

function padded(size: number): number {
  return Math.ceil(size / 8) * 8;
}

function uint64(value: number | bigint): readonly number[] {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value), true);
  return [...bytes];
}
