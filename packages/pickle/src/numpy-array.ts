import { elementCount, ModelkeepError, type Tensor } from "@modelkeep/core";

import { malformed } from "./errors.js";
import type { Memory } from "./input.js";
import { packedColumn, toTensor } from "./numpy-elements.js";
import { NumpyDType } from "./numpy-dtype.js";
import type { PickleGlobal, PickleValue } from "./value.js";

/** Elements of no bytes cost nothing in the file: their number is not to be trusted. */
const mostEmptyElements = 1 << 20;

/**
 * A NumPy array. Its elements stay where they are in the file until `tensor` is asked for them, and even then
 * wherever their order, byte order and alignment allow. Arrays of Python objects have `values` instead.
 */
export class NumpyArray {
  /** As `Stack.example`. */
  static readonly example = new NumpyArray();

  #dtype = NumpyDType.example;
  #shape: readonly number[] = [0];
  #fortran = false;
  #memory: Memory | undefined;
  #values: readonly PickleValue[] | undefined;
  #tensor: Tensor | undefined;

  /** `subclass` is set for numpy.matrix and the like. Empty until it is filled. */
  constructor(readonly subclass?: PickleGlobal) {}

  get dtype(): NumpyDType {
    return this.#dtype;
  }

  get shape(): readonly number[] {
    return this.#shape;
  }

  /** Elements lie in column-major order in the file. */
  get fortran(): boolean {
    return this.#fortran;
  }

  get size(): number {
    return elementCount(this.#shape);
  }

  /** Bytes of all elements; 0 for objects. */
  get byteLength(): number {
    return this.#memory?.byteLength ?? 0;
  }

  /** The elements as they lie in the file, in its order and byte order; undefined for objects. */
  get memory(): Memory | undefined {
    return this.#memory;
  }

  /** It still is the empty array of `_reconstruct`. */
  get empty(): boolean {
    return this.#memory === undefined && this.#values === undefined;
  }

  /** The elements of an object array in row-major order; undefined for all others. */
  get values(): readonly PickleValue[] | undefined {
    return this.#values;
  }

  /**
   * The elements in row-major order, little-endian: a view on the file where it can be one. dates and durations are
   * their integers. Throws `unsupported` for objects, records, raw bytes and extended precision.
   */
  tensor(): Tensor {
    if (this.#memory === undefined)
      throw new ModelkeepError("unsupported", `An array of ${this.#dtype.toString()} has no tensor: read its values`);
    this.#tensor ??= toTensor(this.#dtype, this.#shape, this.#fortran, this.#memory);
    return this.#tensor;
  }

  /** One column of an array of records, packed: a copy. Throws `malformed` when there is none of that name. */
  column(name: string): NumpyArray {
    const field = this.#dtype.fields?.get(name);
    if (field === undefined || this.#memory === undefined)
      throw malformed(`An array of ${this.#dtype.toString()} has no column ${JSON.stringify(name)}`);
    const inner = field.dtype.subarray;
    const column = new NumpyArray();
    const packed = packedColumn(this.#memory, this.#dtype.itemsize, field.offset, field.dtype.itemsize);
    if (inner === undefined) column.fill(field.dtype, this.#shape, this.#fortran, packed);
    else column.fill(inner.dtype, [...this.#shape, ...inner.shape], false, packed);
    return column;
  }

  /** Gives it elements, once. Throws `malformed` when their bytes are not what dtype and shape need. */
  fill(dtype: NumpyDType, shape: readonly number[], fortran: boolean, content: Memory | readonly PickleValue[]): void {
    if (!this.empty) throw malformed("An array is given its elements twice");
    dtype.seal();
    const count = countElements(shape);
    if (dtype.itemsize === 0 && count > mostEmptyElements)
      throw malformed(`An array of ${count} elements without bytes is not plausible`);
    if (Array.isArray(content)) {
      if (!dtype.hasObject) throw malformed(`An array of ${dtype.toString()} is given objects`);
      if (content.length !== count)
        throw malformed(`An array of shape [${shape.join(", ")}] is given ${content.length} objects`);
      this.#values = content;
    } else {
      const memory = content as Memory;
      if (dtype.hasObject) throw malformed("An array of objects is given bytes");
      if (count * dtype.itemsize !== memory.byteLength)
        throw malformed(
          `An array of ${dtype.code} and shape [${shape.join(", ")}] is given ${memory.byteLength} bytes`,
        );
      this.#memory = memory;
    }
    this.#dtype = dtype;
    this.#shape = shape;
    // One-dimensional arrays are in both orders at once.
    this.#fortran = fortran && shape.filter((size) => size > 1).length > 1;
  }
}

/** The product of a shape, or `malformed`. */
export function countElements(shape: readonly number[]): number {
  if (shape.length > 64) throw malformed(`An array of ${shape.length} dimensions is not plausible`);
  try {
    return elementCount(shape);
  } catch (cause) {
    throw new ModelkeepError("malformed", `No array has the shape [${shape.join(", ")}]`, { cause });
  }
}
