import { Readable } from "node:stream";
import { createDeflate, createGzip } from "node:zlib";

import { PickleWriter } from "./pickle-writer.js";

/** Which readers a pickle is for, and how it is packed. */
export interface WritePickleOptions {
  /** Default 4, which every Python 3 since 3.4 reads; 5 needs 3.8. */
  readonly protocol?: 4 | 5;
  /** "joblib": arrays lie between the opcodes, aligned, so that joblib can map them. Default "pickle". */
  readonly form?: "pickle" | "joblib";
  readonly compression?: "zlib" | "gzip";
  /** 1 to 9; default 3, joblib's own. */
  readonly level?: number;
}

/**
 * Plain data as the bytes of a pickle or joblib file. Elements of tensors are yielded as views. Throws `unsupported` for
 * what is not plain data; the file that Python loads names NumPy's arrays and nothing else.
 */
export function writePickle(value: unknown, options: WritePickleOptions = {}): () => AsyncIterable<Uint8Array> {
  const { protocol = 4, form = "pickle", compression, level = 3 } = options;
  if (!Number.isInteger(level) || level < 1 || level > 9) throw new TypeError("A level is a number from 1 to 9");
  const writer = new PickleWriter({ protocol, joblib: form === "joblib" });
  writer.write(value);
  const parts = writer.parts.finish();
  return async function* open() {
    if (compression === undefined) {
      yield* parts;
      return;
    }
    const packer = compression === "zlib" ? createDeflate({ level }) : createGzip({ level });
    const packed = Readable.from(parts, { objectMode: true }).pipe(packer) as AsyncIterable<Uint8Array>;
    for await (const chunk of packed) yield new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length);
  };
}
