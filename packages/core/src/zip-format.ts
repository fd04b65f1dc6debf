/** The records of a ZIP file, after PKWARE's APPNOTE 6.3.10; all numbers are little-endian. */
export const signature = {
  local: 0x04034b50,
  descriptor: 0x08074b50,
  central: 0x02014b50,
  end: 0x06054b50,
  end64: 0x06064b50,
  locator64: 0x07064b50,
} as const;

export const flag = { descriptor: 1 << 3, utf8: 1 << 11 } as const;
export const method = { stored: 0, deflated: 8 } as const;
/** What a field of 16 or 32 bits says when the number is in a ZIP64 record. */
export const full16 = 0xffff;
export const full32 = 0xffffffff;
/** Stored payloads begin at multiples of this, so that arrays can be viewed where they lie. */
export const alignment = 64;

const zip64Field = 0x0001;
/** "Data Stream Alignment" of Apache Commons Compress. */
const alignmentField = 0xa11e;

export interface ZipEntry {
  readonly path: string;
  readonly method: number;
  readonly crc: number;
  readonly compressedSize: number;
  readonly size: number;
  /** Of the local header. */
  readonly offset: number;
  readonly flags: number;
}

export interface LocalHeader {
  readonly path: string;
  readonly method: number;
  readonly offset: number;
  readonly modified: Date;
  /** Absent when a descriptor follows the data. */
  readonly known?: { readonly crc: number; readonly compressedSize: number; readonly size: number } | undefined;
  /** Sizes of 64 bits. */
  readonly zip64: boolean;
}

export function localHeader(header: LocalHeader): Uint8Array {
  const name = new TextEncoder().encode(header.path);
  const { known, zip64 } = header;
  const size = known?.size ?? 0;
  const compressedSize = known?.compressedSize ?? 0;
  const extra = zip64 ? [...field(zip64Field, [...uint64(size), ...uint64(compressedSize)])] : [];
  if (header.method === method.stored) extra.push(...padding(header.offset + 30 + name.length + extra.length));
  return record(
    ...uint32(signature.local),
    ...uint16(zip64 ? 45 : 20),
    ...uint16(flag.utf8 | (known === undefined ? flag.descriptor : 0)),
    ...uint16(header.method),
    ...dosTime(header.modified),
    ...uint32(known?.crc ?? 0),
    ...uint32(zip64 ? full32 : compressedSize),
    ...uint32(zip64 ? full32 : size),
    ...uint16(name.length),
    ...uint16(extra.length),
    ...name,
    ...extra,
  );
}

export function dataDescriptor(entry: Pick<ZipEntry, "crc" | "compressedSize" | "size">, zip64: boolean): Uint8Array {
  const number = zip64 ? uint64 : uint32;
  return record(
    ...uint32(signature.descriptor),
    ...uint32(entry.crc),
    ...number(entry.compressedSize),
    ...number(entry.size),
  );
}

export function centralHeader(entry: ZipEntry, modified: Date): Uint8Array {
  const name = new TextEncoder().encode(entry.path);
  const large = [entry.size, entry.compressedSize, entry.offset].filter((value) => value >= full32);
  const extra = large.length === 0 ? [] : field(zip64Field, large.flatMap(uint64));
  return record(
    ...uint32(signature.central),
    // Made on Unix, so that the attributes below are a file's mode: readable by all, writable by its owner.
    ...uint16((3 << 8) | 45),
    ...uint16(large.length === 0 ? 20 : 45),
    ...uint16(entry.flags),
    ...uint16(entry.method),
    ...dosTime(modified),
    ...uint32(entry.crc),
    ...uint32(Math.min(entry.compressedSize, full32)),
    ...uint32(Math.min(entry.size, full32)),
    ...uint16(name.length),
    ...uint16(extra.length),
    ...uint16(0),
    ...uint16(0),
    ...uint16(0),
    ...uint32(0o100644 * 2 ** 16),
    ...uint32(Math.min(entry.offset, full32)),
    ...name,
    ...extra,
  );
}

export function endRecords(count: number, size: number, offset: number): Uint8Array {
  const large = count >= full16 || size >= full32 || offset >= full32;
  const end64 = [
    ...uint32(signature.end64),
    ...uint64(44),
    ...uint16((3 << 8) | 45),
    ...uint16(45),
    ...uint32(0),
    ...uint32(0),
    ...uint64(count),
    ...uint64(count),
    ...uint64(size),
    ...uint64(offset),
    ...uint32(signature.locator64),
    ...uint32(0),
    ...uint64(offset + size),
    ...uint32(1),
  ];
  return record(
    ...(large ? end64 : []),
    ...uint32(signature.end),
    ...uint16(0),
    ...uint16(0),
    ...uint16(Math.min(count, full16)),
    ...uint16(Math.min(count, full16)),
    ...uint32(Math.min(size, full32)),
    ...uint32(Math.min(offset, full32)),
    ...uint16(0),
  );
}

/** An alignment field that ends where the data may begin. */
function padding(at: number): number[] {
  const least = at + 6;
  const zeros = (alignment - (least % alignment)) % alignment;
  return field(alignmentField, [...uint16(alignment), ...Array.from({ length: zeros }, () => 0)]);
}

function field(id: number, data: readonly number[]): number[] {
  return [...uint16(id), ...uint16(data.length), ...data];
}

/** In UTC, so that a package does not depend on where it was made; years that the form lacks become the nearest it has. */
function dosTime(date: Date): number[] {
  const year = date.getUTCFullYear();
  if (year < 1980) return [...uint16(0), ...uint16((1 << 5) | 1)];
  const time = (date.getUTCHours() << 11) | (date.getUTCMinutes() << 5) | (date.getUTCSeconds() >> 1);
  const day = (Math.min(year - 1980, 127) << 9) | ((date.getUTCMonth() + 1) << 5) | date.getUTCDate();
  return [...uint16(time), ...uint16(day)];
}

function record(...bytes: readonly number[]): Uint8Array {
  return Uint8Array.from(bytes);
}

function uint16(value: number): number[] {
  return [value & 0xff, (value >> 8) & 0xff];
}

function uint32(value: number): number[] {
  return [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, (value >>> 24) & 0xff];
}

function uint64(value: number): number[] {
  return [...uint32(value % 2 ** 32), ...uint32(Math.floor(value / 2 ** 32))];
}
