import { ModelkeepError } from "./errors.js";
import { checkPath, checkPaths } from "./path.js";
import type { StoredObject } from "./store.js";
import * as zip from "./zip-format.js";

/** One file of a ZIP, as the central directory tells, and where the next thing after it begins. */
export interface DirectoryEntry extends zip.ZipEntry {
  /** The entry's header, data and descriptor end exactly here. */
  readonly end: number;
}

export interface DirectoryLimits {
  /** Bytes of the directory itself. */
  readonly bytes: number;
  readonly items: number;
}

/** Deflate's options, a descriptor, UTF-8: other flags mean encryption, patches or hidden headers. */
const knownFlags = 0b110 | zip.flag.descriptor | zip.flag.utf8;
const zip64Field = 0x0001;
/** Info-ZIP's second name for an entry: two readers would see two files. */
const unicodePathField = 0x7075;
const descriptorSizes = [12, 16, 20, 24];

/**
 * The files of a ZIP. Refused as `malformed` is whatever two readers could understand differently: bytes before, between
 * or after the entries, comments, doubled names, overlaps, links, encryption, more than one disk.
 */
export async function readDirectory(source: StoredObject, limits: DirectoryLimits): Promise<DirectoryEntry[]> {
  const end = await readEnd(source);
  if (end.size > limits.bytes || end.count > limits.items) {
    throw new ModelkeepError(
      "limit_exceeded",
      `The package has ${end.count} entries in a directory of ${end.size} bytes: more than ${limits.items} or ${limits.bytes}`,
    );
  }
  if (end.count * 46 > end.size) throw malformed(`can't list ${end.count} entries in ${end.size} bytes`);
  const bytes = await readAt(source, end.offset, end.size);
  const view = viewOf(bytes);
  const entries: zip.ZipEntry[] = [];
  let at = 0;
  for (let index = 0; index < end.count; index++) {
    if (at + 46 > bytes.length || view.getUint32(at, true) !== zip.signature.central)
      throw malformed(`has no directory entry ${index} where there must be one`);
    const length = 46 + view.getUint16(at + 28, true) + view.getUint16(at + 30, true);
    if (at + length > bytes.length) throw malformed(`has a directory entry ${index} that reaches beyond the directory`);
    entries.push(parseEntry(bytes.subarray(at, at + length), index));
    at += length;
  }
  if (at !== bytes.length) throw malformed("has bytes after the last directory entry");
  return placed(entries, end.offset);
}

/** Checks the local header against the directory; the position of the data. */
export async function dataOffset(source: StoredObject, entry: DirectoryEntry): Promise<number> {
  const where = JSON.stringify(entry.path);
  const head = await readAt(source, entry.offset, 30);
  const view = viewOf(head);
  if (view.getUint32(0, true) !== zip.signature.local) throw malformed(`has no header for ${where} where it must be`);
  const nameLength = view.getUint16(26, true);
  const extraLength = view.getUint16(28, true);
  const start = entry.offset + 30 + nameLength + extraLength;
  const gap = entry.end - start - entry.compressedSize;
  const described = (entry.flags & zip.flag.descriptor) !== 0;
  if (described ? !descriptorSizes.includes(gap) : gap !== 0)
    throw malformed(`has other bytes around ${where} than its header and data`);
  const rest = await readAt(source, entry.offset + 30, nameLength + extraLength);
  const name = decodeName(rest.subarray(0, nameLength), entry.flags);
  const wide = { compressedSize: view.getUint32(18, true), size: view.getUint32(22, true) };
  const large = zip64(rest.subarray(nameLength), [wide.size === zip.full32, wide.compressedSize === zip.full32], where);
  const size = large[0] ?? wide.size;
  const compressedSize = large[1] ?? wide.compressedSize;
  const crc = view.getUint32(14, true);
  const same = (local: number, central: number) => local === central || (described && local === 0);
  const agrees =
    name === entry.path &&
    view.getUint16(6, true) === entry.flags &&
    view.getUint16(8, true) === entry.method &&
    same(crc, entry.crc) &&
    same(size, entry.size) &&
    same(compressedSize, entry.compressedSize);
  if (!agrees) throw malformed(`says one thing of ${where} in its header and another in its directory`);
  if (described) await checkDescriptor(source, entry, start + entry.compressedSize, gap);
  return start;
}

async function checkDescriptor(source: StoredObject, entry: DirectoryEntry, at: number, size: number): Promise<void> {
  const bytes = await readAt(source, at, size);
  const view = viewOf(bytes);
  const signed = size === 16 || size === 24;
  const number = (offset: number) => (size >= 20 ? uint64(view, offset) : view.getUint32(offset, true));
  const start = signed ? 4 : 0;
  const agrees =
    (!signed || view.getUint32(0, true) === zip.signature.descriptor) &&
    view.getUint32(start, true) === entry.crc &&
    number(start + 4) === entry.compressedSize &&
    number(start + (size >= 20 ? 12 : 8)) === entry.size;
  if (!agrees)
    throw malformed(`says one thing of ${JSON.stringify(entry.path)} after its data and another in its directory`);
}

/** Where the directory lies: the end record is the last thing in the file, with nothing between it and the directory but its ZIP64 form. */
async function readEnd(source: StoredObject): Promise<{ count: number; size: number; offset: number }> {
  const total = source.info.size;
  if (total < 22) throw malformed("is too short to be a ZIP file");
  const view = viewOf(await readAt(source, total - 22, 22));
  if (view.getUint32(0, true) !== zip.signature.end || view.getUint16(20, true) !== 0)
    throw malformed("does not end as a ZIP file: it is cut off, has a comment, or has something appended");
  let count = view.getUint16(10, true);
  let size = view.getUint32(12, true);
  let offset = view.getUint32(16, true);
  if (view.getUint32(4, true) !== 0 || view.getUint16(8, true) !== count)
    throw malformed("is spread over several disks");
  let end = total - 22;
  if (end >= 76 && (count === zip.full16 || size === zip.full32 || offset === zip.full32)) {
    const wide = viewOf(await readAt(source, end - 76, 76));
    if (wide.getUint32(56, true) === zip.signature.locator64) {
      end -= 76;
      const [count64, size64, offset64] = [uint64(wide, 32), uint64(wide, 40), uint64(wide, 48)];
      const agrees =
        wide.getUint32(0, true) === zip.signature.end64 &&
        uint64(wide, 4) === 44 &&
        uint64(wide, 16) === 0 &&
        uint64(wide, 24) === count64 &&
        wide.getUint32(60, true) === 0 &&
        uint64(wide, 64) === end &&
        wide.getUint32(72, true) === 1 &&
        Math.min(count64, zip.full16) === count &&
        Math.min(size64, zip.full32) === size &&
        Math.min(offset64, zip.full32) === offset;
      if (!agrees) throw malformed("has a ZIP64 end that does not agree with itself");
      [count, size, offset] = [count64, size64, offset64];
    }
  }
  if (offset + size !== end) throw malformed("has a directory that is not where its end says, or bytes after it");
  return { count, size, offset };
}

function parseEntry(bytes: Uint8Array, index: number): zip.ZipEntry {
  const view = viewOf(bytes);
  const flags = view.getUint16(8, true);
  const nameLength = view.getUint16(28, true);
  const path = decodeName(bytes.subarray(46, 46 + nameLength), flags);
  const where = JSON.stringify(path.slice(0, 120));
  const method = view.getUint16(10, true);
  if ((flags & ~knownFlags) !== 0) throw malformed(`has ${where} encrypted or in a form that is not supported`);
  if (method !== zip.method.stored && method !== zip.method.deflated)
    throw malformed(`has ${where} compressed by method ${method}: only 0 (stored) and 8 (deflated) are supported`);
  if (view.getUint16(32, true) !== 0) throw malformed(`has a comment on ${where}`);
  if (view.getUint16(34, true) !== 0) throw malformed(`has ${where} on another disk`);
  const madeOnUnix = view.getUint16(4, true) >> 8 === 3;
  const kind = (view.getUint32(38, true) >>> 16) & 0o170000;
  if (madeOnUnix && kind !== 0 && kind !== 0o100000 && !(kind === 0o040000 && path.endsWith("/")))
    throw malformed(`has ${where}, which is a link or a device, not a file`);
  const narrow = [view.getUint32(24, true), view.getUint32(20, true), view.getUint32(42, true)] as const;
  const wide = zip64(
    bytes.subarray(46 + nameLength),
    narrow.map((value) => value === zip.full32),
    where,
  );
  const [size, compressedSize, offset] = narrow.map((value, at) => wide[at] ?? value) as [number, number, number];
  if (method === zip.method.stored && size !== compressedSize)
    throw malformed(`has two sizes for ${where}, which is stored`);
  const entry = { path, method, flags, crc: view.getUint32(16, true), size, compressedSize, offset };
  if (!path.endsWith("/")) return entry;
  if (size !== 0) throw malformed(`has a folder ${where} with bytes in it, entry ${index}`);
  return entry;
}

/** Names are checked together, and the entries laid out: from the first byte to the directory, one right after the other. */
function placed(entries: readonly zip.ZipEntry[], directory: number): DirectoryEntry[] {
  const files = entries.filter((entry) => !entry.path.endsWith("/"));
  checkPaths(files.map((entry) => entry.path));
  for (const folder of entries) if (folder.path.endsWith("/")) checkPath(folder.path.slice(0, -1));
  const sorted = entries.toSorted((a, b) => a.offset - b.offset);
  if ((sorted[0]?.offset ?? directory) !== 0) throw malformed("does not begin with its first entry");
  const ends = new Map<zip.ZipEntry, number>();
  for (const [index, entry] of sorted.entries()) {
    const end = sorted[index + 1]?.offset ?? directory;
    const least = entry.offset + 30 + new TextEncoder().encode(entry.path).length + entry.compressedSize;
    if (least > end) throw malformed(`has ${JSON.stringify(entry.path)} overlapping what comes after it`);
    ends.set(entry, end);
  }
  return entries.map((entry) => ({ ...entry, end: ends.get(entry)! }));
}

/** The numbers of a ZIP64 field for those of size, compressed size and offset that need one; the fields must be well formed. */
function zip64(extra: Uint8Array, needed: readonly boolean[], where: string): (number | undefined)[] {
  const view = viewOf(extra);
  let found: DataView | undefined;
  for (let at = 0; at < extra.length;) {
    const length = at + 4 <= extra.length ? view.getUint16(at + 2, true) : extra.length;
    if (at + 4 + length > extra.length) throw malformed(`has a broken extra field at ${where}`);
    const id = view.getUint16(at, true);
    if (id === unicodePathField) throw malformed(`has a second name for ${where}`);
    if (id === zip64Field && found !== undefined) throw malformed(`has two ZIP64 fields at ${where}`);
    if (id === zip64Field) found = viewOf(extra.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  const count = needed.filter(Boolean).length;
  if ((found?.byteLength ?? 0) !== count * 8) {
    // Some writers announce ZIP64 in the local header although nothing needs it; both sizes are then in the usual place.
    if (found === undefined || count > 0) throw malformed(`has no ZIP64 sizes for ${where} where they are needed`);
    return [];
  }
  let at = 0;
  return needed.map((each) => {
    if (!each || found === undefined) return undefined;
    at += 8;
    return uint64(found, at - 8);
  });
}

function decodeName(bytes: Uint8Array, flags: number): string {
  const ascii = (flags & zip.flag.utf8) === 0;
  if (ascii && bytes.some((byte) => byte > 0x7f))
    throw malformed("has a name that is neither ASCII nor marked as UTF-8");
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw malformed("has a name that is not UTF-8", cause);
  }
}

export async function readAt(source: StoredObject, offset: number, size: number): Promise<Uint8Array> {
  if (offset < 0 || offset + size > source.info.size)
    throw new ModelkeepError("truncated", `The package ends before byte ${offset + size}`);
  const target = new Uint8Array(size);
  const read = size === 0 ? 0 : await source.readInto(target, { offset });
  if (read !== size) throw new ModelkeepError("truncated", `The package ends at byte ${offset + read}`);
  return target;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function uint64(view: DataView, at: number): number {
  const value = view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32;
  if (!Number.isSafeInteger(value)) throw malformed("has a size or position beyond 2^53");
  return value;
}

export function malformed(message: string, cause?: unknown): ModelkeepError {
  return new ModelkeepError("malformed", `The package ${message}`, { cause });
}
