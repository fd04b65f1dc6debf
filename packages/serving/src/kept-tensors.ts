import { type DType, Tensor, type TensorData, type TensorMap } from "@modelkeep/core";

type Numbers = Exclude<TensorData, readonly string[]>;

interface Kept {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Its own for strings and for what is large; else a block that it shares with others. */
  readonly data: TensorData;
  readonly start: number;
  readonly length: number;
}

/** Tensors as they were when they were copied. */
export class KeptTensors {
  readonly #kept: readonly Kept[];
  /** What they take in memory, roughly. */
  readonly bytes: number;

  constructor(kept: readonly Kept[], bytes: number) {
    this.#kept = kept;
    this.bytes = bytes;
  }

  tensors(): TensorMap {
    const tensors = new Map<string, Tensor>();
    for (const { name, dtype, shape, data, start, length } of this.#kept)
      tensors.set(
        name,
        new Tensor(dtype, shape, ArrayBuffer.isView(data) ? data.subarray(start, start + length) : data),
      );
    return tensors;
  }
}

const blockBytes = 256 * 1024;

/**
 * Copies tensors before anyone can change them. Small ones share blocks: to make an array for each, and to keep it until it
 * is written, would cost more than the prediction of a small model.
 */
export class TensorCopier {
  readonly #blocks = new Map<DType, { readonly data: Numbers; used: number }>();

  copy(tensors: TensorMap): KeptTensors {
    const kept: Kept[] = [];
    let bytes = 0;
    for (const [name, { dtype, shape, data }] of tensors) {
      if (!ArrayBuffer.isView(data)) {
        for (const text of data) bytes += 2 * text.length + 16;
        kept.push({ name, dtype, shape, data: [...data], start: 0, length: data.length });
        continue;
      }
      bytes += data.byteLength;
      if (data.byteLength > blockBytes / 8)
        kept.push({ name, dtype, shape, data: data.slice(), start: 0, length: data.length });
      else kept.push(this.#share(name, dtype, shape, data));
    }
    return new KeptTensors(kept, bytes);
  }

  #share(name: string, dtype: DType, shape: readonly number[], data: Numbers): Kept {
    const { length } = data;
    let block = this.#blocks.get(dtype);
    if (block === undefined || block.used + length > block.data.length) {
      const fresh = data.constructor as new (length: number) => Numbers;
      block = { data: new fresh(blockBytes / data.BYTES_PER_ELEMENT), used: 0 };
      this.#blocks.set(dtype, block);
    }
    const start = block.used;
    block.used += length;
    // The block is of the tensor's own kind of array.
    (block.data as Float64Array).set(data as Float64Array, start);
    return { name, dtype, shape, data: block.data, start, length };
  }
}
