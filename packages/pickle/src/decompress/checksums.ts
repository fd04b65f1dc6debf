/** CRC-32 as in gzip, ZIP and xz (reflected, polynomial 0xEDB88320). */
export function crc32(bytes: Uint8Array, crc = 0): number {
  let state = ~crc;
  for (const byte of bytes) state = (crcTable[(state ^ byte) & 0xff] as number) ^ (state >>> 8);
  return ~state >>> 0;
}

const crcTable = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb8_8320 : value >>> 1;
  return value;
});

/** CRC-32 as in bzip2 (not reflected, polynomial 0x04C11DB7): the table. */
export const bzip2CrcTable = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index << 24;
  for (let bit = 0; bit < 8; bit++) value = value & 0x8000_0000 ? (value << 1) ^ 0x04c1_1db7 : value << 1;
  return value >>> 0;
});

const crc64Low = new Uint32Array(256);
const crc64High = new Uint32Array(256);
for (let index = 0; index < 256; index++) {
  let low = index;
  let high = 0;
  for (let bit = 0; bit < 8; bit++) {
    const odd = low & 1;
    low = (low >>> 1) | (high << 31);
    high >>>= 1;
    if (odd) {
      low ^= 0xd787_0f42;
      high ^= 0xc96c_5795;
    }
  }
  crc64Low[index] = low;
  crc64High[index] = high;
}

/** CRC-64 as in xz (reflected, ECMA-182), as its low and high half. */
export function crc64(bytes: Uint8Array): { readonly low: number; readonly high: number } {
  let low = ~0;
  let high = ~0;
  for (const byte of bytes) {
    const index = (low ^ byte) & 0xff;
    low = ((low >>> 8) | (high << 24)) ^ (crc64Low[index] as number);
    high = (high >>> 8) ^ (crc64High[index] as number);
  }
  return { low: ~low >>> 0, high: ~high >>> 0 };
}

/** xxHash32 with seed 0, as in LZ4 frames: https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md */
export function xxHash32(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [p1, p2, p3, p4, p5] = [0x9e37_79b1, 0x85eb_ca77, 0xc2b2_ae3d, 0x27d4_eb2f, 0x1656_67b1];
  const rotate = (value: number, count: number): number => (value << count) | (value >>> (32 - count));
  let at = 0;
  let hash = p5 | 0;
  if (bytes.length >= 16) {
    const round = (lane: number, word: number): number => Math.imul(rotate((lane + Math.imul(word, p2)) | 0, 13), p1);
    let a = (p1 + p2) | 0;
    let b = p2 | 0;
    let c = 0;
    let d = -p1 | 0;
    for (; at + 16 <= bytes.length; at += 16) {
      a = round(a, view.getUint32(at, true));
      b = round(b, view.getUint32(at + 4, true));
      c = round(c, view.getUint32(at + 8, true));
      d = round(d, view.getUint32(at + 12, true));
    }
    hash = (rotate(a, 1) + rotate(b, 7) + rotate(c, 12) + rotate(d, 18)) | 0;
  }
  hash = (hash + bytes.length) | 0;
  for (; at + 4 <= bytes.length; at += 4)
    hash = Math.imul(rotate((hash + Math.imul(view.getUint32(at, true), p3)) | 0, 17), p4);
  for (; at < bytes.length; at++) hash = Math.imul(rotate((hash + Math.imul(view.getUint8(at), p5)) | 0, 11), p1);
  hash = Math.imul(hash ^ (hash >>> 15), p2);
  hash = Math.imul(hash ^ (hash >>> 13), p3);
  return (hash ^ (hash >>> 16)) >>> 0;
}
