import { malformed } from "./errors.js";

/** One column of a structured dtype. */
export interface NumpyField {
  readonly name: string;
  readonly dtype: NumpyDType;
  /** Bytes from the start of the record. */
  readonly offset: number;
}

export interface NumpyLayout {
  readonly order?: string;
  readonly fields?: readonly NumpyField[];
  readonly subarray?: { readonly dtype: NumpyDType; readonly shape: readonly number[] };
  readonly itemsize?: number;
  /** "ns": of datetime64 and timedelta64. */
  readonly unit?: string;
}

const sizes = new Map<string, readonly number[]>([
  ["b", [1]],
  ["i", [1, 2, 4, 8]],
  ["u", [1, 2, 4, 8]],
  ["f", [2, 4, 8, 12, 16]],
  ["c", [8, 16, 24, 32]],
  ["M", [8]],
  ["m", [8]],
  ["O", [4, 8]],
]);

const largestItem = 2 ** 30;
const deepestNesting = 16;

/** A NumPy element type: kind, size and byte order, with fields for records. */
export class NumpyDType {
  /** As `Stack.example`. */
  static readonly example = new NumpyDType("V0");

  readonly kind: string;
  #itemsize: number;
  #order: string;
  #fields: ReadonlyMap<string, NumpyField> | undefined;
  #subarray: { readonly dtype: NumpyDType; readonly shape: readonly number[] } | undefined;
  #unit: string | undefined;
  #hasObject: boolean;
  /** Levels of records within records. */
  #nesting = 0;
  #sealed = false;

  /** From "f8", "<i4", "U5", "O", "V56", "M8[ns]". Throws `malformed` for anything else. */
  constructor(code: string) {
    const parts =
      /^([<>=|]?)([biufcOSUVMmna])([0-9]{0,10})(?:\[([0-9]{0,6}[a-zA-Zμ]{1,3})\])?$/.exec(code) ?? shorthand(code);
    if (parts === undefined) throw malformed(`${JSON.stringify(code.slice(0, 40))} is not a NumPy dtype`);
    const [, order = "", kind = "", digits = "", unit] = parts;
    const count = digits === "" ? undefined : Number(digits);
    const allowed = sizes.get(kind);
    const size = allowed === undefined ? (count ?? 0) * (kind === "U" ? 4 : 1) : (count ?? 8);
    if (allowed !== undefined && !allowed.includes(size)) throw malformed(`${code} is not a NumPy dtype`);
    if (size > largestItem) throw malformed(`Elements of ${size} bytes are not plausible`);
    this.kind = kind === "a" ? "S" : kind;
    this.#hasObject = this.kind === "O";
    this.#itemsize = size;
    this.#unit = unit;
    this.#order = size <= 1 || "SVO".includes(this.kind) ? "|" : order === ">" ? ">" : "<";
  }

  /** Bytes of one element. */
  get itemsize(): number {
    return this.#itemsize;
  }

  get bigEndian(): boolean {
    return this.#order === ">";
  }

  /** Columns by name, in their order; undefined when it is not a record. */
  get fields(): ReadonlyMap<string, NumpyField> | undefined {
    return this.#fields;
  }

  get subarray(): { readonly dtype: NumpyDType; readonly shape: readonly number[] } | undefined {
    return this.#subarray;
  }

  get unit(): string | undefined {
    return this.#unit;
  }

  /** It holds Python objects, itself or in a field. */
  get hasObject(): boolean {
    return this.#hasObject;
  }

  /** As NumPy's `dtype.str`: "<f8", "|b1", "<U5", "|V56". */
  get code(): string {
    if (this.kind === "O") return "|O";
    const size = this.kind === "U" ? this.#itemsize / 4 : this.#itemsize;
    return `${this.#order}${this.kind}${size}${this.#unit === undefined ? "" : `[${this.#unit}]`}`;
  }

  /** As code, or the columns of a record: "{left_child: <i8, …}". */
  toString(): string {
    if (this.#fields === undefined) return this.code;
    return `{${Array.from(this.#fields.values(), (field) => `${field.name}: ${field.dtype.code}`).join(", ")}}`;
  }

  /** Ends its making. A dtype in use never changes. */
  seal(): this {
    this.#sealed = true;
    return this;
  }

  /** Completes a new dtype, once; throws `malformed` when the parts do not agree. */
  complete(layout: NumpyLayout): void {
    if (this.#sealed) throw malformed("A dtype is changed after its first use");
    const { order, fields, subarray, unit } = layout;
    const itemsize = layout.itemsize ?? this.#itemsize;
    if ((fields !== undefined || subarray !== undefined) && this.kind !== "V")
      throw malformed(`The dtype ${this.code} has fields of its own`);
    if (itemsize < 0 || itemsize > largestItem) throw malformed(`Elements of ${itemsize} bytes are not plausible`);
    if (this.kind !== "V" && itemsize !== this.#itemsize && !"SU".includes(this.kind))
      throw malformed(`The dtype ${this.code} has elements of ${itemsize} bytes`);
    for (const field of fields ?? []) {
      if (field.dtype === this || field.offset < 0 || field.offset + field.dtype.seal().itemsize > itemsize)
        throw malformed(`The field ${JSON.stringify(field.name)} of a dtype lies outside its ${itemsize} bytes`);
      this.#include(field.dtype);
    }
    if (subarray !== undefined) {
      const count = subarray.shape.reduce((product, size) => product * size, 1);
      if (subarray.dtype === this || count * subarray.dtype.seal().itemsize !== itemsize)
        throw malformed(`A dtype of ${itemsize} bytes does not hold ${count} elements`);
      this.#include(subarray.dtype);
    }
    this.#itemsize = itemsize;
    if (order !== undefined && this.#order !== "|") this.#order = order === ">" ? ">" : "<";
    if (fields !== undefined) this.#fields = new Map(fields.map((field) => [field.name, field]));
    this.#subarray = subarray;
    if (unit !== undefined) this.#unit = unit;
    this.#sealed = true;
  }

  #include(part: NumpyDType): void {
    this.#nesting = Math.max(this.#nesting, part.#nesting + 1);
    if (this.#nesting > deepestNesting) throw malformed("A dtype is nested too deeply");
    if (part.hasObject) this.#hasObject = true;
  }
}

// Names that people and NumPy's own classes use for the types above.
const names = new Map<string, string>([
  ["?", "b1"],
  ["bool", "b1"],
  ["bool_", "b1"],
  ["int", "i8"],
  ["float", "f8"],
  ["double", "f8"],
  ["complex", "c16"],
  ["object", "O8"],
  ["object_", "O8"],
  ["str", "U0"],
  ["str_", "U0"],
  ["bytes", "S0"],
  ["bytes_", "S0"],
  ["void", "V0"],
  ["intc", "i4"],
  ["uintc", "u4"],
  ["int_", "i8"],
  ["intp", "i8"],
  ["uintp", "u8"],
  ["longlong", "i8"],
  ["ulonglong", "u8"],
  ["single", "f4"],
  ["half", "f2"],
  ["datetime64", "M8"],
  ["timedelta64", "m8"],
  ...[8, 16, 32, 64].flatMap((bits): [string, string][] => [
    [`int${bits}`, `i${bits / 8}`],
    [`uint${bits}`, `u${bits / 8}`],
  ]),
  ...[16, 32, 64].map((bits): [string, string] => [`float${bits}`, `f${bits / 8}`]),
  ["complex64", "c8"],
  ["complex128", "c16"],
]);

export function isDTypeName(name: string): boolean {
  return names.has(name);
}

function shorthand(code: string): readonly string[] | undefined {
  const found = names.get(code);
  return found === undefined ? undefined : ["", "", found[0] as string, found.slice(1)];
}
