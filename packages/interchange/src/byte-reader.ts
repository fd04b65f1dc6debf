/** Reads a stream of bytes by counts. */
export class ByteReader {
  readonly #pieces: AsyncIterator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array(0);
  #position = 0;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#pieces = source[Symbol.asyncIterator]();
  }

  /** How many bytes have gone by. */
  get position(): number {
    return this.#position;
  }

  /** As many of the next `most` bytes as have come; undefined at the end. */
  async some(most: number): Promise<Uint8Array | undefined> {
    while (this.#rest.length === 0) {
      const next = await this.#pieces.next();
      if (next.done === true) return undefined;
      this.#rest = next.value;
    }
    const piece = this.#rest.subarray(0, most);
    this.#rest = this.#rest.subarray(piece.length);
    this.#position += piece.length;
    return piece;
  }

  /** The next `count` bytes, fewer at the end: for counts that memory can hold. */
  async take(count: number): Promise<Uint8Array> {
    const taken = new Uint8Array(count);
    let length = 0;
    for (let piece; length < count && (piece = await this.some(count - length)) !== undefined; length += piece.length)
      taken.set(piece, length);
    return taken.subarray(0, length);
  }

  /** Passes over the next `count` bytes; gives how many there were. */
  async skip(count: number): Promise<number> {
    let skipped = 0;
    for (let piece; skipped < count && (piece = await this.some(count - skipped)) !== undefined;)
      skipped += piece.length;
    return skipped;
  }

  /** Whoever gives the bytes may stop. */
  async close(): Promise<void> {
    await this.#pieces.return?.();
  }
}
