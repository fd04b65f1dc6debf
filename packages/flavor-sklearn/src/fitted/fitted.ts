import { ModelkeepError } from "@modelkeep/core";

import {
  asDType,
  asEntries,
  asGlobal,
  asList,
  asNumbers,
  asObject,
  asScalar,
  asScalars,
  asShape,
  describeValue,
  type NumberArray,
  type PythonObject,
  type PythonValue,
  type Scalar,
} from "./python-value.js";

/** Expected sizes of an array; undefined where any size will do. */
export type ExpectedShape = readonly (number | undefined)[];

/**
 * A fitted estimator as its pickle has it: attributes asked for by name and kind. What is missing or of another kind is
 * an error that names the step, the class and the attribute.
 */
export class Fitted {
  readonly object: PythonObject;
  /** Where it stands: `step "clf"`, `step "pre", transformer "num"`; empty for the model itself. */
  readonly place: string;

  constructor(object: PythonObject, place = "") {
    this.object = object;
    this.place = place;
  }

  /** "LogisticRegression". */
  get name(): string {
    return this.object.type.name;
  }

  /** "sklearn.linear_model._logistic.LogisticRegression". */
  get path(): string {
    return this.object.type.path;
  }

  /** "1.2.1", when the class notes it: from scikit-learn 0.18 on. */
  get version(): string | undefined {
    const version = asScalar(this.object.attribute("_sklearn_version"));
    return typeof version === "string" ? version : undefined;
  }

  /** True when it was fitted by this version or a later one; `fallback` when the file does not say. */
  since(major: number, minor: number, fallback: boolean): boolean {
    const parts = /^(\d+)\.(\d+)/u.exec(this.version ?? "");
    if (parts === null) return fallback;
    const [have, wanted] = [Number(parts[1]) * 1000 + Number(parts[2]), major * 1000 + minor];
    return have >= wanted;
  }

  has(attribute: string): boolean {
    return this.object.attribute(attribute) !== undefined;
  }

  /** Present and not None. */
  isSet(attribute: string): boolean {
    const value = this.object.attribute(attribute);
    return value !== undefined && value !== null;
  }

  /** The value itself, or undefined. */
  raw(attribute: string): PythonValue | undefined {
    return this.object.attribute(attribute);
  }

  /** The first of these attributes that is there, as names changed between versions. */
  either(...attributes: readonly string[]): string {
    const found = attributes.find((attribute) => this.has(attribute));
    if (found === undefined) throw this.#missing(attributes[0]!);
    return found;
  }

  scalar(attribute: string): Scalar {
    const value = this.#value(attribute);
    const scalar = asScalar(value);
    if (scalar === undefined) throw this.wrong(attribute, `is ${describeValue(value)}, not a single value`);
    return scalar;
  }

  /** With a fallback for attributes that older versions do not have. */
  number(attribute: string, fallback?: number): number {
    if (fallback !== undefined && !this.has(attribute)) return fallback;
    const scalar = this.scalar(attribute);
    if (typeof scalar === "number" || typeof scalar === "boolean") return Number(scalar);
    throw this.wrong(attribute, `is ${describeValue(this.raw(attribute))}, not a number`);
  }

  /** A count of things: not negative, and one that a file can mean. */
  count(attribute: string, fallback?: number): number {
    const value = this.number(attribute, fallback);
    if (Number.isSafeInteger(value) && value >= 0) return value;
    throw this.wrong(attribute, `is ${value}, not a count`);
  }

  boolean(attribute: string, fallback?: boolean): boolean {
    if (fallback !== undefined && !this.has(attribute)) return fallback;
    const scalar = this.scalar(attribute);
    if (typeof scalar === "boolean" || typeof scalar === "number") return Boolean(scalar);
    throw this.wrong(attribute, `is ${describeValue(this.raw(attribute))}, not True or False`);
  }

  text(attribute: string, fallback?: string): string {
    if (fallback !== undefined && !this.has(attribute)) return fallback;
    const scalar = this.scalar(attribute);
    if (typeof scalar === "string") return scalar;
    throw this.unsupportedValue(attribute);
  }

  /** Undefined when it is None or not there. */
  optionalText(attribute: string): string | undefined {
    return this.isSet(attribute) ? this.text(attribute) : undefined;
  }

  /** Numbers of any type, finite or not, of the shape that is expected. */
  array(attribute: string, shape?: ExpectedShape): NumberArray {
    const value = this.#value(attribute);
    const array = asNumbers(value);
    if (array === undefined) throw this.wrong(attribute, `is ${describeValue(value)}, not an array of numbers`);
    if (shape !== undefined && !fits(array.shape, shape)) {
      const wanted = shape.map((size) => size ?? "any").join(", ");
      throw this.wrong(attribute, `has the shape [${array.shape.join(", ")}], not [${wanted}]`);
    }
    return array;
  }

  /** The numbers of an array of one dimension (or of any, in C order, when it has as many elements). */
  floats(attribute: string, length?: number): Float64Array {
    const array = this.array(attribute);
    if (length !== undefined && array.data.length !== length)
      throw this.wrong(attribute, `has ${array.data.length} elements, not ${length}`);
    return array.data;
  }

  /** Whole numbers within bounds. */
  indices(attribute: string, below: number): number[] {
    return Array.from(this.floats(attribute), (index) => {
      if (Number.isInteger(index) && index >= 0 && index < below) return index;
      throw this.wrong(attribute, `holds ${index}, which is no index below ${below}`);
    });
  }

  list(attribute: string): readonly PythonValue[] {
    const value = this.#value(attribute);
    const items = asList(value);
    if (items === undefined) throw this.wrong(attribute, `is ${describeValue(value)}, not a list`);
    return items;
  }

  scalars(attribute: string): readonly Scalar[] {
    const value = this.#value(attribute);
    const scalars = asScalars(value);
    if (scalars === undefined) throw this.wrong(attribute, `is ${describeValue(value)}, not a list of plain values`);
    return scalars;
  }

  /** A value that is a list of plain values, or undefined. */
  scalarsOf(value: PythonValue): readonly Scalar[] | undefined {
    return asScalars(value);
  }

  shapeOf(attribute: string): readonly number[] | undefined {
    return asShape(this.raw(attribute));
  }

  dtypeOf(attribute: string): string | undefined {
    return asDType(this.raw(attribute));
  }

  /** The dotted name of a function, or undefined for None. */
  functionName(attribute: string): string | undefined {
    const value = this.raw(attribute);
    if (value === undefined || value === null || isUnchanging(value)) return undefined;
    const name = asGlobal(value) ?? functionOf(value);
    if (name === undefined) throw this.unsupportedValue(attribute);
    return name;
  }

  /** Entries of a dict; none when it is None or not there. */
  entries(attribute: string): [string, PythonValue][] {
    if (!this.isSet(attribute)) return [];
    const entries = asEntries(this.raw(attribute));
    if (entries === undefined) throw this.wrong(attribute, `is ${describeValue(this.raw(attribute))}, not a dict`);
    return entries;
  }

  estimator(attribute: string, place?: string): Fitted {
    return this.child(this.#value(attribute), place ?? `attribute ${attribute}`, attribute);
  }

  estimators(attribute: string, place: (index: number) => string): Fitted[] {
    return this.list(attribute).map((value, index) => this.child(value, place(index), attribute));
  }

  /** A nested object of this estimator. */
  child(value: PythonValue | undefined, place: string, attribute: string): Fitted {
    const object = asObject(value);
    if (object === undefined)
      throw this.wrong(attribute, `holds ${describeValue(value)} where an estimator is expected`);
    return new Fitted(object, this.place === "" ? place : `${this.place}, ${place}`);
  }

  /** Parts that do not agree with each other: the file is refused. */
  wrong(attribute: string, message: string): ModelkeepError {
    return this.#error("malformed", attribute, `its ${attribute} ${message}. Save the model again where it was fitted`);
  }

  /** A choice of this estimator that has no ONNX form here. */
  unsupported(attribute: string, message: string): ModelkeepError {
    return this.#error("unsupported", attribute, message);
  }

  /** As `unsupported`, for the value that a parameter has. */
  unsupportedValue(attribute: string): ModelkeepError {
    const value = describeValue(this.raw(attribute));
    return this.unsupported(attribute, `${attribute} is ${value}, for which there is no ONNX form here`);
  }

  /** "Step "clf" (LogisticRegression)", for messages. */
  get title(): string {
    return this.place === "" ? this.name : `${this.place} (${this.name})`;
  }

  #value(attribute: string): PythonValue {
    const value = this.raw(attribute);
    if (value === undefined) throw this.#missing(attribute);
    return value;
  }

  #missing(attribute: string): ModelkeepError {
    // What fit() sets ends in an underscore.
    if (/[a-z0-9]_$/u.test(attribute)) {
      return this.#error(
        "not_fitted",
        attribute,
        `it has no ${attribute}: it was not fitted. Fit it, then save it again`,
      );
    }
    return this.#error("malformed", attribute, `it has no ${attribute}, which every version of it has`);
  }

  #error(code: string, attribute: string, message: string): ModelkeepError {
    return new ModelkeepError(code, `[sklearn] ${this.title}: ${message}`, {
      details: { step: this.place, class: this.path, attribute },
    });
  }
}

/** `functools.partial(check_array, …)`: checks its argument and gives it back. */
function isUnchanging(value: PythonValue): boolean {
  const object = asObject(value);
  const applied = object?.type.path === "functools.partial" ? asGlobal(object.args[0]) : asGlobal(value);
  return applied === "sklearn.utils.validation.check_array";
}

/** `numpy.core._ufunc_reconstruct("numpy", "log1p")` stands for numpy.log1p. */
function functionOf(value: PythonValue): string | undefined {
  const object = asObject(value);
  const parts = object?.args.map(asScalar);
  const isUfunc = /(^|\.)(ufunc|_ufunc_reconstruct)$/u.test(object?.by?.path ?? object?.type.path ?? "");
  return isUfunc && parts?.length === 2 ? parts.join(".") : undefined;
}

function fits(shape: readonly number[], expected: ExpectedShape): boolean {
  return shape.length === expected.length && expected.every((size, axis) => size === undefined || size === shape[axis]);
}
