const utf8 = new TextEncoder();

/** Bytes that grow as they are written. */
export class ByteWriter {
  readonly #littleEndian: boolean;
  #bytes = new Uint8Array(4096);
  #view = new DataView(this.#bytes.buffer);
  #size = 0;

  constructor(littleEndian: boolean) {
    this.#littleEndian = littleEndian;
  }

  get littleEndian(): boolean {
    return this.#littleEndian;
  }

  /** All that was written, and zeros up to a multiple of `alignment`. */
  padded(alignment: number): Uint8Array {
    this.view(Math.ceil(this.#size / alignment) * alignment - this.#size);
    return this.#bytes.subarray(0, this.#size);
  }

  uint32(value: number): void {
    this.view(4).setUint32(0, value, this.#littleEndian);
  }

  uint64(value: number | bigint): void {
    this.view(8).setBigUint64(0, BigInt(value), this.#littleEndian);
  }

  text(value: string): void {
    this.blob(utf8.encode(value));
  }

  /** With its length before it. */
  blob(bytes: Uint8Array): void {
    this.uint64(bytes.byteLength);
    this.bytes(bytes);
  }

  bytes(bytes: Uint8Array): void {
    const { byteOffset } = this.view(bytes.byteLength);
    this.#bytes.set(bytes, byteOffset);
  }

  /** The next bytes, zero so far. Good until more is written. */
  view(length: number): DataView {
    const start = this.#size;
    const end = start + length;
    if (end > this.#bytes.byteLength) {
      const larger = new Uint8Array(Math.max(end, 2 * this.#bytes.byteLength));
      larger.set(this.#bytes);
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    this.#size = end;
    return new DataView(this.#view.buffer, start, length);
  }
}
