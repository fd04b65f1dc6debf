import { beyondLimit, malformed, truncated } from "./errors.js";
import { crc32 } from "./decompress/checksums.js";
import { inflate, inflateHead } from "./decompress/inflate.js";
import type { Memory } from "./input.js";
import { expansionFloor, type ResolvedLimits } from "./limits.js";
import { latin1, utf8 } from "./literals.js";

export interface ZipEntry {
  readonly name: string;
  /** The first bytes of what it holds. */
  head(): Uint8Array;
  /** All of it; `damaged` when its checksum is wrong. */
  content(limits: ResolvedLimits): { readonly memory: Memory; readonly damaged: boolean };
}

const endSize = 22;
const mostEntries = 100_000;

/** Where the end record of a ZIP archive is; undefined when the bytes are none. */
export function findZipEnd(memory: Memory): number | undefined {
  const size = Math.min(memory.byteLength, endSize + 0xffff);
  const start = memory.byteLength - size;
  const tail = new DataView(memory.buffer, memory.byteOffset + start, size);
  for (let at = size - endSize; at >= 0; at--) if (tail.getUint32(at, true) === 0x0605_4b50) return start + at;
  return undefined;
}

/** The files of a ZIP archive as its directory lists them; `whole`: nothing may stand before it. Format: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT */
export function zipEntries(memory: Memory, { whole = false }: { readonly whole?: boolean } = {}): ZipEntry[] {
  const end = findZipEnd(memory);
  if (end === undefined) throw truncated("The ZIP archive has no end");
  const view = viewOf(memory, end, endSize);
  let count = view.getUint16(10, true);
  let size = view.getUint32(12, true);
  // PyTorch writes the wide end record always, whether or not the numbers need it; the directory ends before it.
  const wide = wideEnd(memory, end);
  if (wide !== undefined && (count === 0xffff || size === 0xffff_ffff))
    [count, size] = [32, 40].map((at) => Number(wide.view.getBigUint64(at, true))) as [number, number];
  // Something may stand before the archive: positions count from where it begins.
  const start = (wide?.at ?? end) - size;
  if (count > mostEntries) throw beyondLimit(`The ZIP archive lists ${count} files`);
  const declared = view.getUint32(16, true);
  const shift = start - (declared === 0xffff_ffff ? start : declared);
  if (whole && shift !== 0) throw malformed(`${shift} bytes stand before the ZIP archive, or within it`);
  const entries: ZipEntry[] = [];
  for (let at = start, index = 0; index < count; index++) {
    const header = viewOf(memory, at, 46);
    if (header.getUint32(0, true) !== 0x0201_4b50) throw malformed("The directory of the ZIP archive is damaged", at);
    const [nameSize, extraSize, commentSize] = [28, 30, 32].map((field) => header.getUint16(field, true)) as [
      number,
      number,
      number,
    ];
    const rest = viewOf(memory, at + 46, nameSize + extraSize);
    const name = fileName(bytesOf(memory, at + 46, nameSize));
    entries.push(entryOf(memory, name, header, rest, nameSize, shift));
    at += 46 + nameSize + extraSize + commentSize;
  }
  return entries;
}

const wideSize = 56;

/** The end record of ZIP64, if there is one. */
function wideEnd(memory: Memory, end: number): { readonly at: number; readonly view: DataView } | undefined {
  const at = end - 20 - wideSize;
  if (at < 0 || viewOf(memory, end - 20, 20).getUint32(0, true) !== 0x0706_4b50) return undefined;
  const view = viewOf(memory, at, wideSize);
  return view.getUint32(0, true) === 0x0606_4b50 ? { at, view } : undefined;
}

function entryOf(
  memory: Memory,
  name: string,
  header: DataView,
  rest: DataView,
  nameSize: number,
  shift: number,
): ZipEntry {
  const method = header.getUint16(10, true);
  const crc = header.getUint32(16, true);
  let compressed = header.getUint32(20, true);
  let plain = header.getUint32(24, true);
  let offset = header.getUint32(42, true);
  for (let at = nameSize; at + 4 <= rest.byteLength; at += 4 + rest.getUint16(at + 2, true)) {
    if (rest.getUint16(at, true) !== 1) continue;
    let field = at + 4;
    const wide = (): number => {
      if (field + 8 > rest.byteLength) throw malformed("The directory of the ZIP archive is damaged");
      return Number(rest.getBigUint64((field += 8) - 8, true));
    };
    if (plain === 0xffff_ffff) plain = wide();
    if (compressed === 0xffff_ffff) compressed = wide();
    if (offset === 0xffff_ffff) offset = wide();
  }
  const data = (): Memory => {
    const local = viewOf(memory, offset + shift, 30);
    if (local.getUint32(0, true) !== 0x0403_4b50) throw malformed(`The ZIP archive lists ${name}, which is not there`);
    const start = offset + shift + 30 + local.getUint16(26, true) + local.getUint16(28, true);
    if (start + compressed > memory.byteLength) throw truncated(`The ZIP archive ends within ${name}`);
    return { buffer: memory.buffer, byteOffset: memory.byteOffset + start, byteLength: compressed };
  };
  const bytes = (): Uint8Array => {
    const { buffer, byteOffset, byteLength } = data();
    return new Uint8Array(buffer, byteOffset, byteLength);
  };
  if (header.getUint16(8, true) & 1) throw malformed(`${name} of the ZIP archive is encrypted`);
  return {
    name,
    head: () => (method === 0 ? bytes().subarray(0, 64) : inflateHead(bytes(), "raw")),
    content: (limits) => {
      if (method === 0) return { memory: data(), damaged: byteSum(data()) !== crc || compressed !== plain };
      if (method !== 8) throw malformed(`${name} of the ZIP archive is compressed in the unknown manner ${method}`);
      const limit = Math.min(limits.bytes, Math.max(expansionFloor, compressed * limits.expansion), 2 ** 32 - 2);
      const result = inflate(bytes(), "raw", limit);
      if (result.failure === "limit")
        throw beyondLimit(`${name} of the ZIP archive expands to more than ${limit} bytes`);
      if (result.failure !== undefined) throw malformed(`${name} of the ZIP archive is damaged`);
      return { memory: result.bytes, damaged: crc32(result.bytes) !== crc || result.bytes.length !== plain };
    },
  };
}

/** CRC-32 of memory of any size. */
function byteSum(memory: Memory): number {
  let crc = 0;
  for (let at = 0; at < memory.byteLength; at += 2 ** 30)
    crc = crc32(bytesOf(memory, at, Math.min(2 ** 30, memory.byteLength - at)), crc);
  return crc;
}

function fileName(bytes: Uint8Array): string {
  try {
    return utf8(bytes, 0, bytes.length);
  } catch {
    return latin1(bytes);
  }
}

function bytesOf(memory: Memory, at: number, size: number): Uint8Array {
  if (!(at >= 0) || at + size > memory.byteLength) throw truncated("The ZIP archive ends early", at);
  return new Uint8Array(memory.buffer, memory.byteOffset + at, size);
}

function viewOf(memory: Memory, at: number, size: number): DataView {
  const { buffer, byteOffset, byteLength } = bytesOf(memory, at, size);
  return new DataView(buffer, byteOffset, byteLength);
}
