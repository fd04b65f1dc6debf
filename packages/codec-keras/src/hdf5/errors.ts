import { ModelkeepError } from "@modelkeep/core";

/** Bytes that break the rules of HDF5. */
export function malformed(message: string, offset?: number): ModelkeepError {
  const place = offset === undefined ? "" : ` (at byte ${offset})`;
  return new ModelkeepError(
    "malformed",
    `The HDF5 file ${message}${place}`,
    offset === undefined ? {} : { details: { offset } },
  );
}

/** The file ends before what it announces. */
export function truncated(message: string): ModelkeepError {
  return new ModelkeepError("truncated", `The HDF5 file ${message}`);
}

/** Well-formed, but beyond what is read here. */
export function unsupported(message: string): ModelkeepError {
  return new ModelkeepError("unsupported", message);
}

/** A name that leads out of the file: it is never followed. */
export function leadsOut(path: string, how: string): ModelkeepError {
  return new ModelkeepError(
    "refused",
    `${path} of the HDF5 file lies in another file (${how}), which is never opened from here: save the model into one file`,
    { details: { path } },
  );
}

export function beyondLimit(message: string): ModelkeepError {
  return new ModelkeepError("limit_exceeded", message);
}
