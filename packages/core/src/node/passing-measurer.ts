import { chunkThreshold } from "../limits.js";
import { createChunkHasher, createMeasurer, type Measure, type Measurer } from "../measure.js";
import type { PassingMeasurer } from "../passing-measurer.js";
import type { PieceHasher } from "./piece-hasher.js";

/** Below this, starting a thread costs more than it saves. */
const inline = 16 << 20;
/** What is hashed here and then copied for the thread at a time: it is copied out of the processor's cache, not of memory. */
const part = 512 << 10;

/** A thread hashes the whole of what is large. */
export function createPassingMeasurer(size?: number): PassingMeasurer {
  return new OverlappedMeasurer(size);
}

/** Hashes here what is small, and else only the chunks, while a thread hashes the whole. */
class OverlappedMeasurer implements PassingMeasurer {
  readonly #small: Measurer | undefined;
  readonly #chunks = createChunkHasher();
  readonly #held: Uint8Array[] = [];
  #thread: PieceHasher | undefined;
  #size = 0;

  constructor(size: number | undefined) {
    this.#small = size !== undefined && size < chunkThreshold ? createMeasurer(size) : undefined;
  }

  async update(bytes: Uint8Array): Promise<void> {
    if (this.#small !== undefined) return this.#small.update(bytes);
    this.#size += bytes.length;
    if (this.#thread !== undefined) {
      for (let start = 0; start < bytes.length; start += part) {
        const piece = bytes.subarray(start, start + part);
        this.#chunks.update(piece);
        await this.#thread.update(piece);
      }
      return;
    }
    this.#chunks.update(bytes);
    this.#held.push(new Uint8Array(bytes));
    if (this.#size <= inline) return;
    const { PieceHasher } = await import("./piece-hasher.js");
    this.#thread = new PieceHasher({ whole: true, chunkSize: 0 });
    for (const each of this.#held.splice(0)) await this.#thread.update(each);
  }

  async measure(): Promise<Measure> {
    if (this.#small !== undefined) return this.#small.measure();
    if (this.#thread === undefined) {
      const whole = createMeasurer(this.#size);
      for (const bytes of this.#held) whole.update(bytes);
      return whole.measure();
    }
    const { whole } = await this.#thread.end();
    const measure = { size: this.#size, digest: whole! };
    return this.#size < chunkThreshold ? measure : { ...measure, chunks: this.#chunks.chunks() };
  }

  async close(): Promise<void> {
    await this.#thread?.close();
  }
}
