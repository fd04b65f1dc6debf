import { malformed } from "./errors.js";
import { shapeOf } from "./globals/numpy.js";
import { Input, type Memory } from "./input.js";
import { latin1, utf8 } from "./literals.js";
import { countElements, NumpyArray } from "./numpy-array.js";
import { NumpyDType, type NumpyField } from "./numpy-dtype.js";
import { parseLiteral } from "./python-literal.js";
import { PickleDict } from "./dict.js";
import { PickleTuple, type PickleValue } from "./value.js";

const longestHeader = 1 << 20;

/** "\x93NUMPY". */
export function isNpy(bytes: Uint8Array): boolean {
  return bytes[0] === 0x93 && latin1(bytes.subarray(1, 6)) === "NUMPY";
}

/**
 * An array in NumPy's own format, versions 1 to 3; arrays of objects hold a pickle, which `nested` runs.
 * Format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */
export function readNpy(memory: Memory, nested: (input: Input) => PickleValue): PickleValue {
  return takeNpy(new Input(memory), nested);
}

/** The same, from where the input is; it ends behind the array. */
export function takeNpy(input: Input, nested: (input: Input) => PickleValue): PickleValue {
  if (!isNpy(input.take(Math.min(6, input.remaining)))) throw malformed("An array file does not begin as one", 0);
  const version = input.take(2)[0] as number;
  const wide = version >= 2;
  input.need(4);
  const length = wide ? input.view.getUint32(input.at, true) : input.view.getUint16(input.at, true);
  input.at += wide ? 4 : 2;
  if (version < 1 || version > 3 || length > longestHeader) throw malformed("The header of an array file is none", 6);
  const header = input.take(length);
  const fields = parseLiteral(version === 3 ? utf8(header, 0, length) : latin1(header));
  if (!(fields instanceof PickleDict)) throw malformed("The header of an array file is no dict", 10);
  const [descr, fortran, shape] = ["descr", "fortran_order", "shape"].map((name) => fields.get(name));
  if (descr === undefined || typeof fortran !== "boolean" || !(shape instanceof PickleTuple))
    throw malformed("The header of an array file lacks descr, fortran_order or shape", 10);
  const dtype = describedDType(descr, 0);
  const sizes = shapeOf(shape.items);
  if (dtype.hasObject) return nested(input);
  const array = new NumpyArray();
  array.fill(dtype, sizes, fortran, input.takeMemory(countElements(sizes) * dtype.itemsize));
  return array;
}

/** "<f8", or a list of (name, descr[, shape]). */
function describedDType(descr: PickleValue, depth: number): NumpyDType {
  if (typeof descr === "string") return new NumpyDType(descr);
  if (!Array.isArray(descr) || depth > 16) throw malformed("The dtype of an array file is none");
  const fields: NumpyField[] = [];
  let offset = 0;
  for (const part of descr) {
    const [name, inner, shape] = part instanceof PickleTuple ? part.items : [];
    // A field may have a title: (title, name).
    const plainName = name instanceof PickleTuple ? name.items[1] : name;
    if (typeof plainName !== "string" || inner === undefined) throw malformed("A field of an array file is none");
    let dtype = describedDType(inner, depth + 1);
    if (shape !== undefined) {
      const sizes = shapeOf(shape instanceof PickleTuple ? shape.items : [shape]);
      const itemsize = countElements(sizes) * dtype.itemsize;
      const subarray = new NumpyDType("V0");
      subarray.complete({ itemsize, subarray: { dtype, shape: sizes } });
      dtype = subarray;
    }
    // Unnamed fields are padding.
    if (plainName !== "") fields.push({ name: plainName, dtype, offset });
    offset += dtype.itemsize;
  }
  const record = new NumpyDType("V0");
  record.complete({ itemsize: offset, fields });
  return record;
}
