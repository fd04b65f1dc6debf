import { ModelkeepError, throwIfAborted } from "./errors.js";
import type { Body } from "./store.js";

/** What a body is held to while it is read. */
export interface ReadBodyOptions {
  /** What the caller announced: anything else is `size_mismatch`, at the first byte too many or at the end. */
  readonly size?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The chunks of a body, none of them empty, for a store's `put`. An array is copied during the call, so that its owner
 * may change it as soon as `put` has returned. A signal ends the wait for a body that has stalled.
 * @throws `size_mismatch` where there are more or fewer bytes than announced
 */
export function readBody(body: Body, options: ReadBodyOptions = {}): AsyncGenerator<Uint8Array, void, undefined> {
  if (body instanceof Uint8Array) return chunksOf(once(new Uint8Array(body)), options);
  if (typeof body === "function") return chunksOf(body, options);
  throw new TypeError("A body is a Uint8Array or a function that opens an async iterable of Uint8Array");
}

function once(bytes: Uint8Array): () => AsyncIterable<Uint8Array> {
  return async function* () {
    yield bytes;
  };
}

async function* chunksOf(
  open: () => AsyncIterable<Uint8Array>,
  { size, signal }: ReadBodyOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  throwIfAborted(signal);
  const chunks = open()[Symbol.asyncIterator]();
  let total = 0;
  let ended = false;
  try {
    for (;;) {
      const next = await abortable(chunks.next(), signal);
      if (next.done) break;
      if (!(next.value instanceof Uint8Array)) throw new TypeError("A body yields Uint8Array chunks and nothing else");
      total += next.value.length;
      if (size !== undefined && total > size) throw sizeMismatch(size, `at least ${total}`);
      if (next.value.length > 0) yield next.value;
    }
    ended = true;
    if (size !== undefined && total !== size) throw sizeMismatch(size, String(total));
  } finally {
    // Not awaited: a generator that is stuck never answers.
    if (!ended) chunks.return?.().catch(() => undefined);
  }
}

function sizeMismatch(announced: number, found: string): ModelkeepError {
  return new ModelkeepError("size_mismatch", `The body has ${found} bytes, not the ${announced} that were announced`);
}

async function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  throwIfAborted(signal);
  let stop = (): void => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => {
      try {
        throwIfAborted(signal);
      } catch (error) {
        reject(error);
      }
    };
    signal.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
