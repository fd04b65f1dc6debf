import type { PayloadSource } from "../codec.js";
import { ModelkeepError } from "../errors.js";
import { chunkThreshold } from "../limits.js";
import type { PayloadEntry } from "../manifest.js";
import { createChunkHasher, createMeasurer, entryOf, type Measure, type Measurer } from "../measure.js";
import { PieceHasher } from "./piece-hasher.js";

/** Below this, starting a thread costs more than it saves. */
const inline = 16 << 20;

export interface Measuring {
  /** The same payload, measured while its bytes pass. Opening it again starts over. */
  readonly source: PayloadSource;
  /** What the manifest must say. Known once the bytes have been read to their end: the store's late key may ask for it. */
  result(): PayloadEntry;
}

/**
 * Measures a payload on its way into a store, in one pass: `store.put(() => keyOf(measuring.result()), source.open)`.
 * The whole digest is made in a thread, chunk digests here, while the store writes.
 */
export function measuring(source: PayloadSource): Measuring {
  let entry: PayloadEntry | undefined;
  return {
    source: {
      ...source,
      async *open() {
        entry = undefined;
        const measurer = new OverlappedMeasurer(source.size);
        try {
          for await (const bytes of source.open()) {
            // Awaited before the bytes go on: their owner may reuse them as soon as the next are asked for.
            await measurer.update(bytes);
            yield bytes;
          }
          entry = entryOf(source, await measurer.measure());
        } finally {
          await measurer.close();
        }
      },
    },
    result() {
      if (entry === undefined)
        throw new ModelkeepError("conflict", `${JSON.stringify(source.path)} has not been read to its end yet`);
      return entry;
    },
  };
}

/** Hashes here what is small, and else only the chunks, while a thread hashes the whole. */
class OverlappedMeasurer {
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
    this.#chunks.update(bytes);
    if (this.#thread !== undefined) return this.#thread.update(bytes);
    this.#held.push(new Uint8Array(bytes));
    if (this.#size <= inline) return;
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
