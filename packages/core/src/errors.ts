/**
 * Trouble is a {@link ModelkeepError}: a stable `code` for programs, a sentence for people that says what is wrong,
 * where, and what to do, and the `cause`. Codes are a promise; wording is free to improve.
 */
export type ErrorCode =
  /** An argument or a document does not have the form it must have. */
  | "invalid_input"
  /** A name, key, path, digest or reference breaks its grammar. */
  | "invalid_name"
  | "invalid_key"
  | "invalid_path"
  | "invalid_digest"
  | "invalid_reference"
  /** A manifest breaks its schema, or is of a format version that this library does not know. */
  | "invalid_manifest"
  | "unknown_format_version"
  /** Bytes that break the rules of their file format. */
  | "malformed"
  /** The file ends before what it announces. */
  | "truncated"
  /** A size, depth, count or time beyond what the caller allows. */
  | "limit_exceeded"
  /** The bytes are not those that were asked for. */
  | "digest_mismatch"
  | "size_mismatch"
  /** Something named does not exist. */
  | "not_found"
  /** Something exists that must not. */
  | "already_exists"
  /** The state is not the one that the caller expected. */
  | "conflict"
  /** The file, model or value is of a kind that nothing installed handles. */
  | "unsupported"
  /** A package that must be installed first. */
  | "missing_package"
  /** Inputs, or outputs that are given for them, that do not fit the signature. */
  | "signature_mismatch"
  /** Predictions differ from the recorded samples. */
  | "samples_differ"
  /** Libraries or runtime differ from the recorded ones, and the policy is to refuse. */
  | "incompatible"
  /** The caller may not do this here: read-only, forbidden by a rule, refused by a gate. */
  | "refused"
  /** A store, a process or a disk failed. */
  | "io_error"
  /** The outcome of an operation is not known: read before trying again. */
  | "unknown_outcome"
  /** The caller's signal ended it. */
  | "aborted"
  // Plugins bring codes of their own.
  | (string & {});

const marker = Symbol.for("modelkeep.error");

/** What a program may want to know beside the sentence. */
export interface ModelkeepErrorOptions {
  readonly cause?: unknown;
  /** Facts for programs: a path, a position, a limit. JSON values only. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** Trouble of any kind, with a code that stays the same. `isModelkeepError` tells it from other errors. */
export class ModelkeepError extends Error {
  readonly [marker] = true;
  override readonly name = "ModelkeepError";
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, options: ModelkeepErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details ?? {};
  }
}

/** True for errors of any copy of this library; with `code`, only for that code. */
export function isModelkeepError(error: unknown, code?: ErrorCode): error is ModelkeepError {
  return (
    typeof error === "object" &&
    error !== null &&
    (error as { [marker]?: unknown })[marker] === true &&
    (code === undefined || (error as ModelkeepError).code === code)
  );
}

/** Throws `aborted` when the signal has fired. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted)
    throw new ModelkeepError("aborted", "The operation was aborted by its caller", { cause: signal.reason });
}
