import { isModelkeepError } from "@modelkeep/core";

/** Fails with a sentence that says what was expected of whom. */
export function expectTrue(condition: boolean, sentence: string): asserts condition {
  if (!condition) throw new Error(sentence);
}

/** Compares JSON values. */
export function expectEqual(actual: unknown, expected: unknown, what: string): void {
  const [found, wanted] = [JSON.stringify(actual), JSON.stringify(expected)];
  expectTrue(found === wanted, `${what}: expected ${shorten(wanted)}, got ${shorten(found)}`);
}

export function expectBytes(actual: Uint8Array, expected: Uint8Array, what: string): void {
  expectTrue(actual.length === expected.length, `${what}: expected ${expected.length} bytes, got ${actual.length}`);
  const at = actual.findIndex((byte, index) => byte !== expected[index]);
  expectTrue(at < 0, `${what}: byte ${at} of ${expected.length} is ${actual[at]}, not ${expected[at]}`);
}

/** Resolves to the error that `action` rejects with, which must be a `ModelkeepError` with one of these codes. */
export async function expectError(
  action: Promise<unknown> | (() => Promise<unknown>),
  codes: string | readonly string[],
  what: string,
): Promise<unknown> {
  const error = await rejection(action, what);
  const wanted = [codes].flat();
  expectTrue(
    wanted.some((code) => isModelkeepError(error, code)),
    `${what}: expected a ModelkeepError with code ${wanted.join(" or ")}, got ${describeError(error)}`,
  );
  return error;
}

/** Misuse by the programmer. */
export async function expectTypeError(
  action: Promise<unknown> | (() => Promise<unknown>),
  what: string,
): Promise<void> {
  const error = await rejection(action, what);
  expectTrue(error instanceof TypeError, `${what}: expected a TypeError, got ${describeError(error)}`);
}

/** Resolves to whatever `action` rejects with. */
export async function rejection(action: Promise<unknown> | (() => Promise<unknown>), what: string): Promise<unknown> {
  try {
    await within(10_000, typeof action === "function" ? action() : action, what);
  } catch (error) {
    return error;
  }
  throw new Error(`${what}: expected an error, but it succeeded`);
}

/** Fails when the promise has not settled after so many milliseconds. */
export async function within<T>(milliseconds: number, promise: Promise<T>, what: string): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: no answer after ${milliseconds} ms`)), milliseconds);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

export function describeError(error: unknown): string {
  if (isModelkeepError(error)) return `${error.code}: ${error.message}`;
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

function shorten(text: string | undefined): string {
  if (text === undefined) return "undefined";
  return text.length > 400 ? `${text.slice(0, 400)}…` : text;
}
