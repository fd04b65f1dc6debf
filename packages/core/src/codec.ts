import type { Digest } from "./digest.js";
import type { PackageName } from "./plugin.js";
import type { Signature } from "./signature.js";
import type { ByteSource, CallOptions } from "./store.js";

/** One file that an encoder made, or that a user has. */
export interface PayloadSource {
  /** Relative to the envelope, as in `checkPath`. */
  readonly path: string;
  readonly mediaType?: string;
  readonly role?: string;
  /** Bytes, when known. */
  readonly size?: number;
  /** Opens the plain bytes; may be called more than once. Chunks may be views on the model: they are not to be changed. */
  readonly open: ByteSource;
}

/** How far something is, in the unit that whoever reports it names; `total` is absent where it is not known beforehand. */
export interface Progress {
  readonly done: number;
  readonly total?: number;
}

/** Options of whatever reads many bytes; progress is in bytes. */
export interface ReadOptions extends CallOptions {
  readonly progress?: ((progress: Progress) => void) | undefined;
}

/** One file of an envelope, verified as it is read: no byte reaches the caller that does not match its digest. */
export interface Payload {
  readonly path: string;
  readonly mediaType: string;
  readonly role: string;
  /** Of the plain bytes. */
  readonly size: number;
  readonly digest?: Digest;
  /** All bytes in one fresh buffer of any size: views on it are the caller's. */
  buffer(options?: ReadOptions): Promise<ArrayBuffer>;
  /** `buffer` as bytes; at most 4 GiB. */
  bytes(options?: ReadOptions): Promise<Uint8Array>;
  /** Bytes from `start` to before `end`, verified by the chunks they lie in. */
  range(start: number, end: number, options?: CallOptions): Promise<Uint8Array>;
  stream(options?: ReadOptions): AsyncIterable<Uint8Array>;
}

/** The files that one representation consists of, the main one first. */
export interface PayloadSet extends Iterable<Payload> {
  readonly main: Payload;
  get(path: string): Payload | undefined;
}

/** Bounds on what a decoder does with a file from a stranger. */
export interface Limits {
  /** Bytes of output, decompressed or allocated. */
  readonly bytes?: number;
  /** Nesting. */
  readonly depth?: number;
  /** Values, entries, nodes, operations. */
  readonly items?: number;
  /** Milliseconds. */
  readonly time?: number;
}

/** Options of whatever makes a value of a file's bytes. */
export interface DecodeOptions extends ReadOptions {
  readonly limits?: Limits | undefined;
}

/** What is in a file. Everything is optional but the summary; plain JSON values only. */
export interface Inspection {
  /** One line for people. */
  readonly summary: string;
  readonly signature?: Signature;
  readonly tensors?: readonly {
    readonly name: string;
    readonly dtype: string;
    readonly shape: readonly number[];
    readonly bytes?: number;
  }[];
  readonly operators?: readonly {
    readonly name: string;
    readonly domain?: string;
    readonly count: number;
    readonly version?: number;
  }[];
  /** Count of trained numbers. */
  readonly parameters?: number;
  /** Producer, opsets, metadata, pickled classes …: whatever the format tells. */
  readonly details?: Readonly<Record<string, unknown>>;
  /** What a careful reader should know before using it. */
  readonly findings?: readonly {
    readonly level: "info" | "warning" | "danger";
    readonly message: string;
    readonly offset?: number;
    readonly [more: string]: unknown;
  }[];
}

/** What people ask of a format when they choose one. */
export interface CodecFacts {
  /** Where its files can be read: "any language", "Python, Rust, JavaScript". */
  readonly languages: string;
  /** Whether opening such a file elsewhere may run code from it. Here nothing ever does. */
  readonly runsCode: string;
  readonly bestFor: string;
}

/** A file format. Only data goes in and out: decoding never runs code that came with the file. */
export interface Codec<M = unknown, O = unknown> {
  /** "json", "onnx": how manifests and messages call it. */
  readonly name: string;
  readonly mediaType: string;
  /** With the dot, the first one is used when writing: [".json"]. */
  readonly extensions: readonly string[];
  /** For tables that compare formats. */
  readonly facts?: CodecFacts;
  readonly package?: PackageName;
  accepts(model: unknown): model is M;
  /** By content, from the first bytes (64 KiB or the whole file); the path is a hint only. */
  sniff?(head: Uint8Array, path?: string): "yes" | "maybe" | "no";
  /**
   * One file or several, the main one first. `stem` is the file name to use, without extension; default "model". `extension`,
   * one of `extensions`, is what the user calls the file: for formats that have several forms.
   */
  encode(
    model: M,
    options?: O & { readonly stem?: string; readonly extension?: string },
  ): Promise<readonly PayloadSource[]>;
  decode(payloads: PayloadSet, options?: DecodeOptions): Promise<M>;
  /** What is in it, from the few ranges that tell. */
  inspect?(payloads: PayloadSet, options?: DecodeOptions): Promise<Inspection>;
}
