import { beyondLimit, malformed } from "./errors.js";
import type { PickleValue } from "./value.js";

/** What a pickle has put aside. Picklers number without gaps: an array; other numbers go to a map. */
export class Memo {
  /** As `Stack.example`. */
  static readonly example = new Memo(0);
  readonly #dense: PickleValue[] = [];
  readonly #sparse = new Map<number, PickleValue>();

  constructor(private readonly limit: number) {}

  get size(): number {
    return this.#dense.length + this.#sparse.size;
  }

  set(index: number, value: PickleValue): void {
    if (index <= this.#dense.length) {
      this.#dense[index] = value;
      if (this.#sparse.size > 0) this.#sparse.delete(index);
    } else this.#sparse.set(index, value);
    if (this.size > this.limit) throw beyondLimit(`The pickle remembers more than ${this.limit} values`);
  }

  get(index: number, offset: number): PickleValue {
    const value = this.#dense[index] ?? this.#sparse.get(index);
    if (value !== undefined) return value;
    if (index < this.#dense.length) return null;
    throw malformed(`The pickle asks for value ${index}, which it never put aside`, offset);
  }
}
