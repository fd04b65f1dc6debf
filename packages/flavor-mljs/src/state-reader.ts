import { type DType, isTensor, ModelkeepError, type StateValue, type Tensor } from "@modelkeep/core";

/** Reads plain state that a stranger may have written: every field is checked for its form before it is used. */
export class StateReader {
  readonly #fields: { readonly [key: string]: StateValue };
  readonly #where: string;

  constructor(state: StateValue | undefined, where: string) {
    if (typeof state !== "object" || state === null || Array.isArray(state) || isTensor(state))
      throw malformed(where, "is not a record");
    this.#fields = state as { readonly [key: string]: StateValue };
    this.#where = where;
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#fields, name) && this.#fields[name] !== null;
  }

  value(name: string): StateValue {
    if (!Object.hasOwn(this.#fields, name)) throw malformed(`${this.#where}.${name}`, "is missing");
    return this.#fields[name]!;
  }

  number(name: string): number {
    return this.#typed(name, "number") as number;
  }

  integer(name: string, least: number, most = Number.MAX_SAFE_INTEGER): number {
    const value = this.number(name);
    if (!Number.isSafeInteger(value) || value < least || value > most)
      throw this.fault(name, `is not a whole number from ${least} to ${most}`);
    return value;
  }

  boolean(name: string): boolean {
    return this.#typed(name, "boolean") as boolean;
  }

  string(name: string): string {
    return this.#typed(name, "string") as string;
  }

  oneOf<T extends string>(name: string, ...allowed: readonly T[]): T {
    const value = this.string(name);
    if (!allowed.includes(value as T))
      throw this.fault(name, `is ${JSON.stringify(value.slice(0, 40))}, not one of ${allowed.join(", ")}`);
    return value as T;
  }

  list(name: string): readonly StateValue[] {
    const value = this.value(name);
    if (!Array.isArray(value)) throw this.fault(name, "is not a list");
    return value as readonly StateValue[];
  }

  record(name: string): StateReader {
    return new StateReader(this.value(name), `${this.#where}.${name}`);
  }

  /** A tensor of that dtype (or one of them) and rank; `sizes` are checked where given. */
  tensor(name: string, dtype: DType | readonly DType[], ...sizes: readonly (number | undefined)[]): Tensor {
    const value = this.value(name);
    const allowed: readonly DType[] = typeof dtype === "string" ? [dtype] : dtype;
    if (!isTensor(value)) throw this.fault(name, "is not a tensor");
    if (!allowed.includes(value.dtype))
      throw this.fault(name, `is of dtype ${value.dtype}, not ${allowed.join(" or ")}`);
    const fits =
      value.shape.length === sizes.length &&
      sizes.every((size, axis) => size === undefined || size === value.shape[axis]);
    if (!fits)
      throw this.fault(
        name,
        `has shape [${value.shape.join(", ")}], not [${sizes.map((size) => size ?? "n").join(", ")}]`,
      );
    return value;
  }

  /** A vector of numbers. */
  vector(name: string, length?: number): number[] {
    return Array.from(this.tensor(name, "float64", length).data as Float64Array);
  }

  fault(name: string, fault: string): ModelkeepError {
    return malformed(`${this.#where}.${name}`, fault);
  }

  #typed(name: string, type: "number" | "boolean" | "string"): StateValue {
    const value = this.value(name);
    if (typeof value !== type) throw this.fault(name, `is not a ${type}`);
    return value;
  }
}

function malformed(where: string, fault: string): ModelkeepError {
  return new ModelkeepError("malformed", `[mljs] ${where} ${fault}`);
}
