import { ModelkeepError, type StoredObject } from "@modelkeep/core";

import { sealedSize } from "./chunks.js";

/** Chunks that are fetched together: 4 MiB. */
export const together = 64;

export interface SealedGroup {
  readonly key: Uint8Array;
  /** Chunks, one after the other. They are gone when the next group is asked for. */
  readonly bytes: Uint8Array;
}

/** The sealed chunks of an age file, in groups, with the key that opens them. */
export class SealedGroups {
  readonly #source: StoredObject;
  readonly #start: number;
  readonly #what: string;
  readonly #open: (head: Uint8Array) => Promise<Uint8Array> | Uint8Array;
  #key: Promise<Uint8Array> | undefined;

  constructor(
    source: StoredObject,
    start: number,
    what: string,
    open: (head: Uint8Array) => Promise<Uint8Array> | Uint8Array,
  ) {
    this.#source = source;
    this.#start = start;
    this.#what = what;
    this.#open = open;
  }

  /** From a chunk on and before another. Only what is asked for is fetched, and the head of the file once. */
  async *some(first: number, end: number, signal: AbortSignal | undefined): AsyncGenerator<SealedGroup> {
    let next = inBackground(this.#group(first, Math.min(first + together, end), signal));
    try {
      for (let begin = first; begin < end; begin += together) {
        const group = await next;
        // The next is fetched while this one is opened.
        if (begin + together < end)
          next = inBackground(this.#group(begin + together, Math.min(begin + 2 * together, end), signal));
        yield group;
      }
    } finally {
      await Promise.allSettled([next]);
    }
  }

  /** All of them, as the source streams them. */
  async *all(signal: AbortSignal | undefined): AsyncGenerator<SealedGroup> {
    const head = new Uint8Array(this.#start);
    const bytes = new Uint8Array(together * sealedSize);
    let read = 0;
    let filled = 0;
    for await (const piece of this.#source.stream({ signal })) {
      let at = 0;
      if (read < head.length) {
        const part = piece.subarray(0, head.length - read);
        head.set(part, read);
        at = part.length;
      }
      read += piece.length;
      while (at < piece.length) {
        const part = piece.subarray(at, at + bytes.length - filled);
        bytes.set(part, filled);
        filled += part.length;
        at += part.length;
        if (filled < bytes.length) continue;
        yield { key: await this.#unlock(() => head), bytes };
        filled = 0;
      }
    }
    if (read < this.#source.info.size) throw this.#cutOff(read);
    if (filled > 0) yield { key: await this.#unlock(() => head), bytes: bytes.subarray(0, filled) };
  }

  async #group(first: number, end: number, signal: AbortSignal | undefined): Promise<SealedGroup> {
    const [from, to] = [this.#start + first * sealedSize, this.#start + end * sealedSize];
    if (first > 0 || this.#key !== undefined) {
      const [key, bytes] = await Promise.all([
        this.#unlock(() => this.#fetch(0, this.#start, signal)),
        this.#fetch(from, to, signal),
      ]);
      return { key, bytes };
    }
    const all = await this.#fetch(0, to, signal);
    return { key: await this.#unlock(() => all.subarray(0, this.#start)), bytes: all.subarray(this.#start) };
  }

  /** Asked again as long as it fails. */
  async #unlock(head: () => Promise<Uint8Array> | Uint8Array): Promise<Uint8Array> {
    const asked = (this.#key ??= (async () => this.#open(await head()))());
    try {
      return await asked;
    } catch (error) {
      if (this.#key === asked) this.#key = undefined;
      throw error;
    }
  }

  /** Bytes of the source up to its end: all of them, or an error. */
  async #fetch(from: number, to: number, signal: AbortSignal | undefined): Promise<Uint8Array> {
    const bytes = new Uint8Array(Math.min(to, this.#source.info.size) - from);
    const read = await this.#source.readInto(bytes, { offset: from, signal });
    if (read < bytes.length) throw this.#cutOff(from + read);
    return bytes;
  }

  #cutOff(at: number): ModelkeepError {
    return new ModelkeepError("truncated", `${this.#what} ends after ${at} of ${this.#source.info.size} bytes`);
  }
}

/** Its error is thrown where it is waited for, and is not an unhandled one until then. */
function inBackground<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}
