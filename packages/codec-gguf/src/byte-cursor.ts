import { ModelkeepError } from "@modelkeep/core";

/** The header goes on beyond the bytes at hand: it is to be read again with at least `end` bytes. */
export class MoreNeeded extends Error {
  constructor(readonly end: number) {
    super(`The header has at least ${end} bytes`);
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Reads the first bytes of a file. Every length is compared with what the file has left before it is believed. */
export class ByteCursor {
  at = 0;
  readonly fileSize: number;
  littleEndian = true;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array, fileSize: number) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.fileSize = fileSize;
  }

  get left(): number {
    return this.fileSize - this.at;
  }

  uint8(what: string): number {
    return this.#view.getUint8(this.#advance(1, what));
  }

  uint32(what: string): number {
    return this.#view.getUint32(this.#advance(4, what), this.littleEndian);
  }

  /** A count of things of at least `size` bytes each, which the rest of the file can hold. */
  count(what: string, size: number): number {
    const count = this.#view.getBigUint64(this.#advance(8, what), this.littleEndian);
    if (count * BigInt(size) > BigInt(this.left))
      throw new ModelkeepError(
        "truncated",
        `The GGUF header claims ${count} ${what}, and ${this.left} bytes of the file are left`,
        { details: { offset: this.at - 8 } },
      );
    return Number(count);
  }

  /** A number that must be exact in JavaScript. */
  uint64(what: string): number {
    const value = this.#view.getBigUint64(this.#advance(8, what), this.littleEndian);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw malformed(`has ${what} of ${value}`, this.at - 8);
    return Number(value);
  }

  /** Text of at most `most` bytes. */
  text(what: string, most = Number.MAX_SAFE_INTEGER): string {
    const length = this.count(`bytes of ${what}`, 1);
    if (length > most)
      throw new ModelkeepError(
        "limit_exceeded",
        `The GGUF header has ${what} of ${length} bytes; the limit is ${most}`,
      );
    const start = this.#advance(length, what);
    try {
      return utf8.decode(this.#bytes.subarray(start, start + length));
    } catch (cause) {
      throw malformed(`has ${what} that is not UTF-8`, start, cause);
    }
  }

  skipText(what: string): void {
    this.skip(this.count(`bytes of ${what}`, 1), what);
  }

  skip(length: number, what: string): void {
    this.#advance(length, what);
  }

  /** The next bytes as they lie in the file, in a buffer of their own. */
  take(length: number, what: string): Uint8Array<ArrayBuffer> {
    const start = this.#advance(length, what);
    return this.#bytes.slice(start, start + length);
  }

  view(length: number, what: string): DataView {
    const start = this.#advance(length, what);
    return new DataView(this.#view.buffer, this.#view.byteOffset + start, length);
  }

  #advance(length: number, what: string): number {
    const start = this.at;
    const end = start + length;
    if (end > this.fileSize)
      throw new ModelkeepError("truncated", `The file ends within ${what} of the GGUF header`, {
        details: { offset: start },
      });
    if (end > this.#bytes.byteLength) throw new MoreNeeded(end);
    this.at = end;
    return start;
  }
}

export function malformed(fault: string, offset?: number, cause?: unknown): ModelkeepError {
  return new ModelkeepError("malformed", `The GGUF header ${fault}`, {
    cause,
    ...(offset !== undefined && { details: { offset } }),
  });
}

/** A name for messages. */
export function quote(name: string): string {
  return JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}…` : name);
}
