import { Readable, type Transform } from "node:stream";
import zlib from "node:zlib";

export type Compression = "deflate" | "gzip";

/** CRC-32 of the bytes, going on from an earlier value. */
export function crc32(bytes: Uint8Array, value = 0): number {
  // An empty view on an empty buffer would make zlib begin anew.
  return bytes.length === 0 ? value : zlib.crc32(bytes, value);
}

/** The plain bytes of a raw DEFLATE stream (RFC 1951) or a gzip file (RFC 1952); an Error when it is broken, cut or followed by more. */
export async function* inflate(source: AsyncIterable<Uint8Array>, format: Compression): AsyncGenerator<Uint8Array> {
  let given = 0;
  const engine =
    format === "gzip" ? zlib.createGunzip({ chunkSize: 1 << 18 }) : zlib.createInflateRaw({ chunkSize: 1 << 18 });
  yield* through(engine, source, (bytes) => (given += bytes.length));
  if (engine.bytesWritten !== given) throw new Error("Bytes follow the end of the compressed data");
}

/** Compresses at a level from 1, quick, to 9, small. */
export async function* deflate(
  source: AsyncIterable<Uint8Array>,
  format: Compression,
  level: number,
): AsyncGenerator<Uint8Array> {
  const options = { level, chunkSize: 1 << 18 };
  yield* through(format === "gzip" ? zlib.createGzip(options) : zlib.createDeflateRaw(options), source, () => {});
}

async function* through(
  engine: Transform,
  source: AsyncIterable<Uint8Array>,
  seen: (bytes: Uint8Array) => void,
): AsyncGenerator<Uint8Array> {
  const input = Readable.from(counted(source, seen), { objectMode: true });
  input.on("error", (error) => engine.destroy(error));
  input.pipe(engine);
  try {
    for await (const chunk of engine) yield chunk as Uint8Array;
  } finally {
    input.destroy();
    engine.destroy();
  }
}

async function* counted(
  source: AsyncIterable<Uint8Array>,
  seen: (bytes: Uint8Array) => void,
): AsyncGenerator<Uint8Array> {
  for await (const bytes of source) {
    seen(bytes);
    if (bytes.length > 0) yield bytes;
  }
}
