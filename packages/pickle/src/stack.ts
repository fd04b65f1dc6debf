import { malformed } from "./errors.js";
import type { PickleValue } from "./value.js";

/** The stack of the machine. Marks fence off what an opcode may take, as Python's metastack does. */
export class Stack {
  /** Keeps the class's shape in V8's memory, and so the code that it compiled for it, while no file is read. */
  static readonly example = new Stack();
  readonly #values: PickleValue[] = [];
  readonly #marks: number[] = [];
  /** Nothing below may be taken until the mark is. */
  #floor = 0;

  /** Values, those behind marks included. */
  get length(): number {
    return this.#values.length;
  }

  push(value: PickleValue): void {
    this.#values.push(value);
  }

  pop(): PickleValue {
    if (this.#values.length <= this.#floor) throw underflow();
    return this.#values.pop() as PickleValue;
  }

  /** The topmost value, which stays. */
  peek(): PickleValue {
    if (this.#values.length <= this.#floor) throw underflow();
    return this.#values[this.#values.length - 1] as PickleValue;
  }

  replace(value: PickleValue): void {
    this.#values[this.#values.length - 1] = value;
  }

  mark(): void {
    this.#marks.push(this.#floor);
    this.#floor = this.#values.length;
  }

  /** Everything above the last mark; the mark goes with it. */
  popMark(): PickleValue[] {
    const below = this.#marks.pop();
    if (below === undefined) throw malformed("An opcode needs a mark that was never set");
    const items = this.#values.splice(this.#floor);
    this.#floor = below;
    return items;
  }

  /** POP, which takes a mark when nothing is above it. */
  drop(): void {
    if (this.#values.length > this.#floor) this.#values.pop();
    else this.popMark();
  }
}

function underflow(): Error {
  return malformed("An opcode takes more from the stack than there is");
}
