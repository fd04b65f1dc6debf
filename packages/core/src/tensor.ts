import { type DType, dtypeInfo, type TensorData } from "./dtype.js";
import { ModelkeepError } from "./errors.js";

const marker = Symbol.for("modelkeep.tensor");

/** Elements in C order under a shape. Data is held as given, not copied: it may be a view on a file's bytes. */
export class Tensor {
  readonly [marker] = true;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: TensorData;

  /** Throws `invalid_input` when shape and data do not agree. An empty shape is a scalar: one element. */
  constructor(dtype: DType, shape: readonly number[], data: TensorData) {
    const { array } = dtypeInfo(dtype);
    const fits = array === undefined ? Array.isArray(data) : sameArray(data, array);
    if (!fits)
      throw new TypeError(
        `A ${dtype} tensor needs ${array === undefined ? "an array of strings" : nameOf(array)} as data`,
      );
    const wanted = dataLength(dtype, elementCount(shape));
    if (data.length !== wanted) {
      throw new ModelkeepError(
        "invalid_input",
        `A ${dtype} tensor of shape [${shape.join(", ")}] needs ${wanted} data elements, not ${data.length}`,
      );
    }
    this.dtype = dtype;
    this.shape = frozenShape(shape);
    this.data = data;
  }

  /** Number of elements. */
  get size(): number {
    return elementCount(this.shape);
  }
}

/** True for tensors of any copy of this library; `instanceof` would not be. */
export function isTensor(value: unknown): value is Tensor {
  return typeof value === "object" && value !== null && (value as { [marker]?: unknown })[marker] === true;
}

/** The product of a shape, or `invalid_input` when a dimension is not a count or the product is beyond 2^53 - 1. */
export function elementCount(shape: readonly number[]): number {
  let count = 1;
  let zero = false;
  for (const size of shape) {
    if (!Number.isSafeInteger(size) || size < 0)
      throw new ModelkeepError("invalid_input", `A shape holds counts, not ${String(size)}`);
    if (size === 0) zero = true;
    else count *= size;
    if (count > Number.MAX_SAFE_INTEGER)
      throw new ModelkeepError("invalid_input", `The shape [${shape.join(", ")}] has too many elements`);
  }
  return zero ? 0 : count;
}

/** Bytes of `count` elements, packed without gaps: the last byte of a sub-byte type may be partly used. Not for strings. */
export function byteLength(dtype: DType, count: number): number {
  const { bits } = dtypeInfo(dtype);
  if (bits === 0) throw new TypeError("Strings have no fixed size");
  const bytes = bits % 8 === 0 ? count * (bits / 8) : Math.ceil((count * bits) / 8);
  if (!Number.isSafeInteger(bytes))
    throw new ModelkeepError("invalid_input", `${count} elements of ${dtype} are too many`);
  return bytes;
}

/** Elements of the typed array (or array of strings) that holds `count` elements. */
export function dataLength(dtype: DType, count: number): number {
  const { array } = dtypeInfo(dtype);
  return array === undefined ? count : byteLength(dtype, count) / array.BYTES_PER_ELEMENT;
}

/** The tensor's bytes, little-endian, as a view. Not for strings. */
export function tensorBytes(tensor: Tensor): Uint8Array {
  const data = tensor.data;
  if (!ArrayBuffer.isView(data)) throw new TypeError("A tensor of strings has no bytes");
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** A tensor over little-endian bytes: a view where their address is aligned for the dtype, else a copy. Not for strings. */
export function tensorFromBytes(dtype: DType, shape: readonly number[], bytes: Uint8Array): Tensor {
  const { array } = dtypeInfo(dtype);
  if (array === undefined) throw new TypeError("A tensor of strings is not made from bytes");
  const wanted = byteLength(dtype, elementCount(shape));
  if (bytes.byteLength !== wanted) {
    throw new ModelkeepError(
      "malformed",
      `A ${dtype} tensor of shape [${shape.join(", ")}] needs ${wanted} bytes, not ${bytes.byteLength}`,
    );
  }
  const aligned = bytes.byteOffset % array.BYTES_PER_ELEMENT === 0 ? bytes : new Uint8Array(bytes);
  return new Tensor(dtype, shape, new array(aligned.buffer, aligned.byteOffset, wanted / array.BYTES_PER_ELEMENT));
}

/** Also for arrays of another realm and for subclasses, whose constructor is another one. */
function sameArray(data: TensorData, array: unknown): boolean {
  if (!ArrayBuffer.isView(data)) return false;
  return data.constructor === array || nameOf(array) === Object.prototype.toString.call(data).slice(8, -1);
}

/** Shapes come again and again, from one prediction to the next: the latest are kept, since freezing takes its time. */
const latest: (readonly number[])[] = [];

function frozenShape(shape: readonly number[]): readonly number[] {
  const rank = shape.length;
  if (rank > 4) return Object.freeze([...shape]);
  const place = rank === 0 ? 0 : (4 * rank + shape[rank - 1]!) & 15;
  const kept = latest[place];
  let same = kept?.length === rank;
  for (let axis = 0; same && axis < rank; axis++) same = kept![axis] === shape[axis];
  return same ? kept! : (latest[place] = Object.freeze([...shape]));
}

function nameOf(array: unknown): string {
  return (array as { name: string }).name;
}
