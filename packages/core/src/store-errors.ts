import { ModelkeepError } from "./errors.js";

/** The error of a `put` with `if: "absent"` that came second. */
export function alreadyExists(store: string, key: string, cause?: unknown): ModelkeepError {
  return about("already_exists", `[${store}] ${key} exists already, and was left as it is`, key, cause);
}

/** The error of a `put` of which no answer came. `because`: "the connection was lost". */
export function unknownOutcome(store: string, key: string, because: string, cause?: unknown): ModelkeepError {
  const message = `[${store}] Whether ${key} was written is not known: ${because}. Read it before trying again`;
  return about("unknown_outcome", message, key, cause);
}

/** The error of reading an object that somebody has deleted since `get`. */
export function deletedSince(store: string, key: string, cause?: unknown): ModelkeepError {
  return about("not_found", `[${store}] ${key} was deleted since it was opened`, key, cause);
}

/** The error of reading an object that somebody has replaced since `get`: never a mixture of both. */
export function replacedSince(store: string, key: string, cause?: unknown): ModelkeepError {
  return about("conflict", `[${store}] ${key} was replaced since it was opened: open it again`, key, cause);
}

function about(code: string, message: string, key: string, cause: unknown): ModelkeepError {
  return new ModelkeepError(code, message, { cause, details: { key } });
}
