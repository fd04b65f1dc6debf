import { type Limits, throwIfAborted } from "@modelkeep/core";

import { beyondLimit, malformed } from "./errors.js";

/** Whatever the file's size, so much may be made from it. */
const floor = 64 * 2 ** 20;
/** Bytes made (unpacked, filled in) for each byte of the file, beyond the floor. */
const expansion = 25;

/** What reading one file may cost. Every step is counted, so that a file that leads in circles comes to an end. */
export class Budget {
  readonly depth: number;
  readonly #limits: Limits;
  readonly #signal: AbortSignal | undefined;
  readonly #end: number;
  #items: number;
  #bytes: number;
  #unread: number;

  constructor(fileSize: number, limits: Limits = {}, signal?: AbortSignal) {
    if (limits.bytes !== undefined && fileSize > limits.bytes)
      throw beyondLimit(`The file has ${fileSize} bytes: more than the ${limits.bytes} that are allowed`);
    this.depth = limits.depth ?? 64;
    this.#limits = limits;
    this.#signal = signal;
    this.#end = performance.now() + (limits.time ?? 60_000);
    this.#items = limits.items ?? 2_000_000;
    this.#unread = fileSize;
    this.#bytes = limits.bytes ?? Math.max(floor, fileSize * expansion);
  }

  /** One message, name, chunk or node. */
  step(): void {
    if (--this.#items < 0)
      throw beyondLimit(
        "The HDF5 file has more parts than are allowed (limits.items can be raised for a file you trust)",
      );
    if (this.#items % 1024 !== 0) return;
    throwIfAborted(this.#signal);
    if (performance.now() > this.#end)
      throw beyondLimit(`Reading took longer than the ${this.#limits.time ?? 60_000} ms that are allowed`);
  }

  /** Elements that lie in the file: those of two datasets never share a byte. */
  read(size: number): void {
    if ((this.#unread -= size) < 0) throw malformed("has datasets that lie over one another");
  }

  /** Before memory is made. */
  allocate(size: number): void {
    if ((this.#bytes -= size) < 0)
      throw beyondLimit(
        `The HDF5 file unpacks to more bytes than are allowed, ${size} in one piece (limits.bytes can be raised for a file you trust)`,
      );
  }
}
