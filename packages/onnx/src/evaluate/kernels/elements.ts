import { type Numbers, type Value, zeros } from "../value.js";

/** The elements of `value` at these indexes, under a new shape. */
export function pick(value: Value, index: ArrayLike<number>, shape: readonly number[]): Value {
  const { dtype } = value;
  if (dtype === "string") {
    const texts = value.data as readonly string[];
    return { dtype, shape, data: Array.from(index, (at) => texts[at]!) };
  }
  const source = value.data as Numbers;
  const data = zeros(dtype, index.length);
  for (let at = 0; at < data.length; at++) data[at] = source[index[at]!]!;
  return { dtype, shape, data };
}

/** Elements to be filled in one by one or in blocks: a typed array, or a list of texts. */
export class Target {
  readonly #dtype: Value["dtype"];
  readonly #numbers: Numbers | undefined;
  readonly #texts: string[] = [];

  constructor(dtype: Value["dtype"], size: number) {
    this.#dtype = dtype;
    this.#numbers = dtype === "string" ? undefined : zeros(dtype, size);
  }

  /** `length` elements from `start` of the source, put at `at`. */
  copy(source: Value["data"], start: number, length: number, at: number): void {
    if (this.#numbers === undefined) {
      const texts = source as readonly string[];
      for (let step = 0; step < length; step++) this.#texts[at + step] = texts[start + step]!;
    } else if (length < 16) {
      const from = source as Numbers;
      for (let step = 0; step < length; step++) this.#numbers[at + step] = from[start + step]!;
    } else this.#numbers.set((source as Numbers).subarray(start, start + length), at);
  }

  value(shape: readonly number[]): Value {
    return { dtype: this.#dtype, shape, data: this.#numbers ?? this.#texts };
  }
}
