import type { Worker } from "node:worker_threads";

import { type Digest, parseDigest } from "../digest.js";
import { ModelkeepError } from "../errors.js";
import { startHashWorker, tell } from "./hash-worker.js";

const slotSize = 4 << 20;
const slotCount = 4;

/** What the hashing thread found. */
export interface PieceDigests {
  readonly whole?: Digest;
  readonly chunks: readonly Digest[];
}

interface Message {
  readonly slot?: number;
  readonly whole?: string;
  readonly chunks?: readonly string[];
}

/** Hashes in a thread what the main thread fills into shared memory, while that reads or writes the next bytes. */
export class PieceHasher {
  readonly #worker: Worker;
  readonly #slots: Uint8Array[];
  readonly #free: number[] = [];
  #open: { readonly slot: number; readonly memory: Uint8Array; filled: number } | undefined;
  #wake: (() => void) | undefined;
  #failure: Error | undefined;
  #end: PieceDigests | undefined;

  constructor(options: { readonly whole: boolean; readonly chunkSize: number }) {
    const memory = new SharedArrayBuffer(slotSize * slotCount);
    this.#slots = Array.from({ length: slotCount }, (_, slot) => new Uint8Array(memory, slot * slotSize, slotSize));
    this.#free.push(...this.#slots.keys());
    this.#worker = startHashWorker({ job: "pieces", memory, ...options });
    this.#worker.on("message", (message: Message) => this.#receive(message));
    this.#worker.on("error", (error) => this.#fail(error));
    this.#worker.on("exit", () => this.#fail(new Error("it ended early")));
  }

  /** A slot of shared memory to fill; waits until the thread has hashed what was in it. */
  async slot(): Promise<{ readonly slot: number; readonly memory: Uint8Array }> {
    const slot = await this.#until(() => this.#free.shift());
    return { slot, memory: this.#slots[slot]! };
  }

  /** Hands a slot over. Its bytes may still be read here, until the slot is given out again. */
  hash(slot: number, length: number): void {
    tell(this.#worker, { slot, start: slot * slotSize, length });
  }

  /** Copies bytes into slots and hands over those that are full. Not to be mixed with `slot` and `hash`. */
  async update(bytes: Uint8Array): Promise<void> {
    for (let start = 0; start < bytes.length;) {
      this.#open ??= { ...(await this.slot()), filled: 0 };
      const open = this.#open;
      const part = bytes.subarray(start, start + slotSize - open.filled);
      open.memory.set(part, open.filled);
      open.filled += part.length;
      start += part.length;
      if (open.filled === slotSize) this.#handOver();
    }
  }

  async end(): Promise<PieceDigests> {
    this.#handOver();
    tell(this.#worker, { end: true });
    return this.#until(() => this.#end);
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #handOver(): void {
    if (this.#open !== undefined) this.hash(this.#open.slot, this.#open.filled);
    this.#open = undefined;
  }

  #receive(message: Message): void {
    if (message.slot !== undefined) this.#free.push(message.slot);
    if (message.chunks !== undefined) {
      const whole = message.whole === undefined ? {} : { whole: parseDigest(message.whole) };
      this.#end = { ...whole, chunks: message.chunks.map(parseDigest) };
    }
    this.#wake?.();
  }

  #fail(cause: Error): void {
    this.#failure ??= new ModelkeepError("io_error", `The hashing thread failed: ${cause.message}`, { cause });
    this.#wake?.();
  }

  async #until<T>(ready: () => T | undefined): Promise<T> {
    for (;;) {
      const value = ready();
      if (value !== undefined) return value;
      if (this.#failure !== undefined) throw this.#failure;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
