import { beyondLimit, truncated } from "./errors.js";

/** Typed arrays end at 4 GiB where ArrayBuffers do not: what is looked at is a window that moves along. */
const windowBytes = 2 ** 30;
const longestArray = 2 ** 32 - 2;

/** Bytes in memory, of any size. */
export interface Memory {
  readonly buffer: ArrayBufferLike;
  readonly byteOffset: number;
  readonly byteLength: number;
}

/** Reads forward through memory. Opcodes look at `window` from `at`; `need` says how many bytes there must be. */
export class Input {
  /** As `Stack.example`. */
  static readonly example = new Input({ buffer: new ArrayBuffer(0), byteOffset: 0, byteLength: 0 });
  window: Uint8Array;
  /** The place in the window of the next byte. */
  at = 0;
  view: DataView;
  /** The place in memory of the window. */
  base: number;

  constructor(
    readonly memory: Memory,
    start = 0,
  ) {
    this.base = start;
    this.window = new Uint8Array(0);
    this.view = new DataView(new ArrayBuffer(0));
    this.#slide(0);
  }

  /** Counted from the start of the memory. */
  get position(): number {
    return this.base + this.at;
  }

  set position(position: number) {
    this.base = position;
    this.at = 0;
    this.#slide(0);
  }

  get remaining(): number {
    return this.memory.byteLength - this.position;
  }

  /** Makes `count` bytes present in the window, or throws `truncated`. */
  need(count: number): void {
    if (this.at + count <= this.window.length) return;
    if (count > this.remaining) throw truncated(`The file ends where ${count} more bytes are announced`, this.position);
    if (count > longestArray)
      throw beyondLimit(`A value of ${count} bytes is longer than can be held in one piece`, this.position);
    this.#slide(count);
  }

  /** The next bytes as a view. */
  take(count: number): Uint8Array {
    this.need(count);
    return this.window.subarray(this.at, (this.at += count));
  }

  /** The next bytes as memory: they may be more than a typed array can hold. */
  takeMemory(count: number): Memory {
    if (count > this.remaining) throw truncated(`The file ends where ${count} more bytes are announced`, this.position);
    const { buffer, byteOffset } = this.memory;
    const taken = { buffer, byteOffset: byteOffset + this.position, byteLength: count };
    if (this.at + count <= this.window.length) this.at += count;
    else this.position += count;
    return taken;
  }

  /** Up to the next newline, which is skipped. */
  takeLine(): Uint8Array {
    let length = this.window.indexOf(10, this.at) - this.at;
    if (length < 0) {
      this.#slide(1);
      length = this.window.indexOf(10);
    }
    if (length < 0) throw truncated("A line does not end", this.position);
    const line = this.take(length);
    this.at++;
    return line;
  }

  #slide(count: number): void {
    const base = this.position;
    const { buffer, byteOffset, byteLength } = this.memory;
    const length = Math.min(Math.max(windowBytes, count), byteLength - base);
    this.base = base;
    this.at = 0;
    this.window = new Uint8Array(buffer, byteOffset + base, length);
    this.view = new DataView(buffer, byteOffset + base, length);
  }
}
