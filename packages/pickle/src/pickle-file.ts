import type { Compression } from "./decompress/decompress.js";
import type { PickleValue } from "./value.js";

const marker = Symbol.for("modelkeep.pickle");

/** What the stream itself tells, whatever the objects are. */
export interface PickleFacts {
  /** The highest protocol the stream declares; 0 when it declares none. */
  readonly protocol: number;
  readonly compression?: Compression | undefined;
  /** Arrays lie as joblib puts them: between the opcodes, or in files beside. */
  readonly joblib: boolean;
  readonly opcodes: number;
  /** Bytes of the pickle, decompressed, its arrays included. */
  readonly size: number;
  /** Bytes after the pickle's end, decompressed, and after the compressed stream's end. */
  readonly trailing: number;
}

/** A pickle or joblib file as inert data; `facts` when it was read, none when it is to be written. */
export class PickleFile {
  readonly [marker] = true;

  constructor(
    readonly value: PickleValue,
    readonly facts?: PickleFacts,
  ) {}
}

/** True for the files of any copy of this library. */
export function isPickleFile(value: unknown): value is PickleFile {
  return typeof value === "object" && value !== null && (value as { [marker]?: unknown })[marker] === true;
}
