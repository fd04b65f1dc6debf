/** Opens the bytes from the start; may be called again for a retry. */
export type ByteSource = () => AsyncIterable<Uint8Array>;

/** What is written: bytes in memory, or something that can be opened as often as needed. */
export type Body = Uint8Array | ByteSource;

/** What a store can promise. Whoever needs more refuses to work on it. */
export interface StoreSupport {
  /** `put(…, { if: "absent" })` is atomic against every other writer. A store that cannot promise it refuses the option. */
  readonly putIfAbsent: boolean;
  /** `put` takes a function as key and asks it once the whole body has been read: one pass over a body named by its digest. */
  readonly lateKey: boolean;
  /** What `put` takes as `storageClass`. The first is what a put without one gets. */
  readonly storageClasses?: readonly string[];
  /** `put` takes `retainUntil`. */
  readonly retention?: boolean;
}

/** What a store knows of an object without reading it. */
export interface ObjectInfo {
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  /** By the store's own clock. */
  readonly modified: Date;
  readonly storageClass?: string;
}

/** One line of a listing. With a delimiter, `prefix: true` marks a name of the next level: key ends in the delimiter, size is 0. */
export interface ListEntry extends ObjectInfo {
  readonly prefix?: true;
}

/** What every call of a store takes: a signal that ends it with `aborted`. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

/** Which part of an object is wanted. */
export interface GetOptions extends CallOptions {
  /** Bytes from `start` to before `end` (default: the end). A range beyond the object is cut; one that starts beyond it is empty. */
  readonly range?: { readonly start: number; readonly end?: number } | undefined;
}

/** Under which condition an object is written, and how it is kept. */
export interface PutOptions extends CallOptions {
  /** "absent": only if nothing has this key; otherwise the error `already_exists`, and what is there is untouched. */
  readonly if?: "absent" | undefined;
  /** Bytes, when known beforehand. A body of another size is refused as `size_mismatch`, and nothing is written. */
  readonly size?: number | undefined;
  /** One of `supports.storageClasses`. Default: the first of them. */
  readonly storageClass?: string | undefined;
  /** Until then the store itself refuses to delete it, where it supports `retention`. */
  readonly retainUntil?: Date | undefined;
}

/** Where a listing begins, and how deep it goes. */
export interface ListOptions extends CallOptions {
  /** Only keys greater than this one. */
  readonly after?: string | undefined;
  /** Keys that go on behind it are one entry together: `/` shows a level of folders. */
  readonly delimiter?: string | undefined;
}

/** Where to begin, and who is told how far it is. */
export interface ReadIntoOptions extends CallOptions {
  /** Where to start within the object (or range that was asked for). Default 0. */
  readonly offset?: number | undefined;
  /** Told, in order, that the first `filled` bytes of the target are final: hash them while the next are read. */
  readonly progress?: ((filled: number) => void) | undefined;
}

/** An object that was found. Its bytes are read on demand, as often as needed. */
export interface StoredObject {
  /** Of the whole object, whatever range was asked for. */
  readonly info: ObjectInfo;
  /** Where these bytes lie as a plain file of this machine, if they do. Callers only ever read it. */
  readonly file?: { readonly path: string; readonly offset: number };
  stream(options?: CallOptions): AsyncIterable<Uint8Array>;
  /** Fills target without an intermediate copy. Returns the bytes read: less than asked only at the end. */
  readInto(target: Uint8Array, options?: ReadIntoOptions): Promise<number>;
}

/**
 * A place that keeps bytes under keys. Five verbs and a close; everything convenient is built on top.
 * Reads see every write that was acknowledged before they began; so do listings.
 * Keys obey `checkKey`.
 */
export interface Store {
  /** "fs", "s3": used in messages. */
  readonly name: string;
  /** What it can promise. */
  readonly supports: StoreSupport;
  /** What is known of an object; `undefined` where there is none. */
  head(key: string, options?: CallOptions): Promise<ObjectInfo | undefined>;
  /** Opens no resource that must be closed: bytes are fetched by `stream` and `readInto`. */
  get(key: string, options?: GetOptions): Promise<StoredObject | undefined>;
  /**
   * Writes all of body or nothing. An array is copied before the call returns to the event loop. Of a body that is opened, a
   * chunk is done with when the next but one is asked for: it may take turns with two buffers.
   */
  put(key: string | (() => string), body: Body, options?: PutOptions): Promise<ObjectInfo>;
  /** Removing what is not there is not an error. */
  delete(key: string, options?: CallOptions): Promise<void>;
  /** Keys under prefix in code-point order, after a key, and with a delimiter only the next level's names. */
  list(prefix: string, options?: ListOptions): AsyncIterable<ListEntry>;
  /** What is wrong with what the store finds keys by, a sentence for each; where it has such a thing. It reads all of that, and no bodies. */
  faults?(options?: CallOptions): Promise<readonly string[]>;
  [Symbol.asyncDispose]?(): Promise<void>;
}
