import { Deflate, Gunzip, Gzip, Inflate } from "fflate";

export type Compression = "deflate" | "gzip";

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** CRC-32 of the bytes, going on from an earlier value: where there is no node:zlib. */
export function crc32(bytes: Uint8Array, value = 0): number {
  let crc = ~value;
  for (const byte of bytes) crc = table[(crc ^ byte) & 0xff]! ^ (crc >>> 8);
  return ~crc >>> 0;
}

/**
 * The plain bytes of a raw DEFLATE stream (RFC 1951) or a gzip file (RFC 1952); an Error when it is broken. One that is cut
 * may only give fewer bytes, and what follows its end may go unnoticed: sizes and digests tell.
 */
export function inflate(source: AsyncIterable<Uint8Array>, format: Compression): AsyncGenerator<Uint8Array> {
  return through(format === "gzip" ? new Gunzip() : new Inflate(), source);
}

/** Compresses at a level from 1, quick, to 9, small. */
export function deflate(
  source: AsyncIterable<Uint8Array>,
  format: Compression,
  level: number,
): AsyncGenerator<Uint8Array> {
  const options = { level: level as 1 };
  return through(format === "gzip" ? new Gzip(options) : new Deflate(options), source);
}

interface Engine {
  ondata: (chunk: Uint8Array<ArrayBuffer>, final: boolean) => void;
  push(chunk: Uint8Array<ArrayBuffer>, final?: boolean): void;
}

/** Input goes in by small pieces, so that a piece that explodes stays within some megabytes. */
const piece = 1 << 14;

async function* through(engine: Engine, source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const ready: Uint8Array[] = [];
  engine.ondata = (chunk) => {
    if (chunk.length > 0) ready.push(chunk);
  };
  for await (const bytes of source) {
    for (let start = 0; start < bytes.length; start += piece) {
      engine.push(new Uint8Array(bytes.subarray(start, start + piece)), false);
      yield* ready.splice(0);
    }
  }
  engine.push(new Uint8Array(0), true);
  yield* ready.splice(0);
}
