import {
  ModelkeepError,
  type Signature,
  type Tensor,
  type TensorMap,
  tensorOf,
  type TensorSpec,
  type Value,
} from "@modelkeep/core";

type Nested = Value | null | readonly Nested[];

/** Outputs as people have them: tensors, records of one row each, or lists by the name of the output. */
export type GivenOutputs =
  | TensorMap
  | readonly Readonly<Record<string, Nested>>[]
  | Readonly<Record<string, readonly Nested[]>>;

/** What a model gave, as the tensors that its signature names; `signature_mismatch` where it does not fit. */
export function givenOutputs(given: GivenOutputs, signature: Signature): TensorMap {
  if (given instanceof Map) return given as TensorMap;
  const columns = Array.isArray(given) ? columnsOf(given as readonly Record<string, Nested>[]) : Object.entries(given);
  const tensors = new Map<string, Tensor>();
  for (const [name, values] of columns) {
    const spec = signature.outputs.find((each) => each.name === name);
    if (spec === undefined)
      throw mismatch(
        `there is no output ${JSON.stringify(name)}: the model gives ${signature.outputs.map((each) => each.name).join(", ")}`,
      );
    const flat = values.flatMap((value: Nested) => flatten(value, spec.dtype === "string"));
    const width = values.length === 0 ? 0 : flat.length / values.length;
    if (!Number.isInteger(width)) throw mismatch(`the rows of the output ${JSON.stringify(name)} differ in length`);
    const shape =
      spec.shape.length < 2 && width === 1 ? [values.length] : [values.length, ...sizesOf(values[0], spec, width)];
    tensors.set(name, tensorOf(spec.dtype, shape, flat));
  }
  if (tensors.size === 0) throw mismatch("no output is given");
  return tensors;
}

/** Of a row: of more than one dimension as far as it is nested, else its width. */
function sizesOf(row: Nested | undefined, { name, shape }: TensorSpec, width: number): readonly number[] {
  if (shape.length < 3) return [width];
  if (row === undefined) return shape.slice(1).map((size) => (typeof size === "number" ? size : 0));
  const sizes: number[] = [];
  for (let part: Nested | undefined = row; Array.isArray(part); part = (part as readonly Nested[])[0])
    sizes.push(part.length);
  if (sizes.reduce((size, each) => size * each, 1) !== width || sizes.length !== shape.length - 1)
    throw mismatch(`the rows of the output ${JSON.stringify(name)} are no lists of ${shape.length - 1} dimensions`);
  return sizes;
}

function columnsOf(rows: readonly Readonly<Record<string, Nested>>[]): [string, readonly Nested[]][] {
  const names = Object.keys(rows[0] ?? {});
  return names.map((name) => [
    name,
    rows.map((row, index) => {
      if (!Object.hasOwn(row, name)) throw mismatch(`row ${index} lacks the output ${JSON.stringify(name)}`);
      return row[name]!;
    }),
  ]);
}

const words: ReadonlyMap<unknown, number> = new Map<unknown, number>([
  [null, Number.NaN],
  ["NaN", Number.NaN],
  ["Infinity", Infinity],
  ["-Infinity", -Infinity],
]);

/** One row's values; numbers that JSON lacks stand as words in what `modelkeep predict` prints. */
function flatten(value: Nested, text: boolean): Value[] {
  if (Array.isArray(value)) return (value as readonly Nested[]).flatMap((each) => flatten(each, text));
  return [text ? (value as Value) : (words.get(value) ?? (value as Value))];
}

function mismatch(message: string): ModelkeepError {
  return new ModelkeepError("signature_mismatch", `The outputs do not fit the signature: ${message}`);
}
