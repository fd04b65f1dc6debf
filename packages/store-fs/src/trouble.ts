import { ModelkeepError } from "@modelkeep/core";
import { errorCode } from "./file-operations.js";

/** Gives errors of the file system a code, and the sentence that says which object they are about. */
export function named<T>(verb: string, key: string, action: Promise<T>): Promise<T>;
export function named<T>(verb: string, key: string, action: AsyncIterable<T>): AsyncGenerator<T, void, undefined>;
export function named<T>(
  verb: string,
  key: string,
  action: Promise<T> | AsyncIterable<T>,
): Promise<T> | AsyncGenerator<T, void, undefined> {
  if (!(action instanceof Promise)) return namedItems(verb, key, action);
  return action.catch((error: unknown) => {
    throw trouble(verb, key, error);
  });
}

async function* namedItems<T>(verb: string, key: string, items: AsyncIterable<T>): AsyncGenerator<T, void, undefined> {
  try {
    yield* items;
  } catch (error) {
    throw trouble(verb, key, error);
  }
}

function trouble(verb: string, key: string, error: unknown): unknown {
  const code = errorCode(error);
  if (code === undefined) return error;
  const advice =
    code === "ENOSPC" || code === "EDQUOT"
      ? "make room, then try again"
      : code === "EACCES" || code === "EPERM" || code === "EROFS"
        ? "look at the permissions of the folder"
        : code === "EMFILE" || code === "ENFILE"
          ? "too many files are open"
          : "look at the disk";
  return new ModelkeepError("io_error", `[fs] Could not ${verb} ${key}: ${(error as Error).message}; ${advice}`, {
    cause: error,
    details: { key, errno: code },
  });
}
