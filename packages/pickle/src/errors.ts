import { ModelkeepError } from "@modelkeep/core";

/** Bytes that break the rules of pickle, joblib or NumPy. `offset` counts in the decompressed stream. */
export function malformed(message: string, offset?: number): ModelkeepError {
  return failure("malformed", message, offset);
}

/** The file ends before what it announces. */
export function truncated(message: string, offset?: number): ModelkeepError {
  return failure("truncated", message, offset);
}

/** More than the limits allow. */
export function beyondLimit(message: string, offset?: number): ModelkeepError {
  return failure("limit_exceeded", message, offset);
}

/** A name outside the table of inert ones, or a way to reach one: what a loader would have imported or called. */
export function refusedGlobal(message: string, details: Readonly<Record<string, unknown>>): ModelkeepError {
  return new ModelkeepError("pickle_global", message, { details });
}

function failure(code: string, message: string, offset: number | undefined): ModelkeepError {
  if (offset === undefined) return new ModelkeepError(code, message);
  return new ModelkeepError(code, `${message} (at byte ${offset})`, { details: { offset } });
}
