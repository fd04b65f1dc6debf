/** Collects small writes in blocks, and takes large views as they are. */
export class ByteParts {
  readonly #parts: Uint8Array[] = [];
  #block = new Uint8Array(1 << 14);
  #used = 0;
  /** Bytes written so far. */
  size = 0;

  bytes(...values: readonly number[]): void {
    this.#room(values.length);
    for (const value of values) this.#block[this.#used++] = value;
    this.size += values.length;
  }

  /** An opcode and a number of four bytes. */
  uint32(opcode: number, value: number): void {
    this.bytes(opcode, value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, (value >> 24) & 0xff);
  }

  /** An opcode and a number of eight bytes. */
  uint64(opcode: number, value: number): void {
    const high = Math.floor(value / 2 ** 32);
    this.uint32(opcode, value % 2 ** 32);
    this.bytes(high & 0xff, (high >> 8) & 0xff, (high >> 16) & 0xff, (high >> 24) & 0xff);
  }

  /** A length, with the opcode for four bytes or the one for eight. */
  length(value: number, short: number, long: number): void {
    if (value < 2 ** 32) this.uint32(short, value | 0);
    else this.uint64(long, value);
  }

  /** Copies bytes that may change. */
  append(bytes: Uint8Array): void {
    if (bytes.length > 1 << 12) {
      this.view(bytes);
      return;
    }
    this.#room(bytes.length);
    this.#block.set(bytes, this.#used);
    this.#used += bytes.length;
    this.size += bytes.length;
  }

  /** Takes bytes as a view, unless they are few. */
  view(bytes: Uint8Array): void {
    if (bytes.length <= 1 << 12) {
      this.append(bytes);
      return;
    }
    this.#flush();
    this.#parts.push(bytes);
    this.size += bytes.length;
  }

  /** Everything, in order. */
  finish(): readonly Uint8Array[] {
    this.#flush();
    return this.#parts;
  }

  #room(count: number): void {
    if (this.#used + count <= this.#block.length) return;
    this.#flush();
    if (count > this.#block.length) this.#block = new Uint8Array(count);
  }

  #flush(): void {
    if (this.#used === 0) return;
    this.#parts.push(this.#block.subarray(0, this.#used));
    this.#block = new Uint8Array(1 << 14);
    this.#used = 0;
  }
}
