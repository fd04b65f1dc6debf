/** Writes what TensorFlow never would: small SavedModels, field by field. */

export function message(...fields: readonly (readonly [number, number | string | Uint8Array])[]): Uint8Array {
  const parts = fields.flatMap(([number, value]) => {
    if (typeof value === "number") return [Uint8Array.from([...varint(number * 8), ...varint(value)])];
    const body = typeof value === "string" ? new TextEncoder().encode(value) : value;
    return [Uint8Array.from([...varint(number * 8 + 2), ...varint(body.length)]), body];
  });
  return new Uint8Array(Buffer.concat(parts));
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return [...bytes, Number(rest)];
}

export type Attributes = Readonly<Record<string, Uint8Array>>;

/** Values of attributes. */
export const type = (number: number) => message([6, number]);
export const text = (value: string) => message([2, value]);
export const integer = (value: number) => message([3, value]);
export const integers = (values: readonly number[]) =>
  message([1, message(...values.map((value) => [3, value] as const))]);
export const call = (name: string) => message([10, message([1, name])]);
export const shape = (sizes: readonly number[]) => message(...sizes.map((size) => [2, message([1, size])] as const));
/** A constant: of float32 (1), int32 (3) or texts (7), its one value repeated. */
export const constant = (dtype: 1 | 3, sizes: readonly number[], values: readonly number[] = []) =>
  message([8, message([1, dtype], [2, shape(sizes)], [dtype === 1 ? 5 : 7, packed(dtype, values)])]);

function packed(dtype: 1 | 3, values: readonly number[]): Uint8Array {
  return dtype === 1 ? new Uint8Array(Float32Array.from(values).buffer) : Uint8Array.from(values.flatMap(varint));
}

export function node(
  name: string,
  operator: string,
  inputs: readonly string[] = [],
  attributes: Attributes = {},
): Uint8Array {
  const entries = Object.entries(attributes).map(([key, value]) => [5, message([1, key], [2, value])] as const);
  return message([1, name], [2, operator], ...inputs.map((input) => [3, input] as const), ...entries);
}

export function functionOf(
  name: string,
  parameters: readonly string[],
  results: Readonly<Record<string, string>>,
  nodes: readonly Uint8Array[],
): Uint8Array {
  const head = message(
    [1, name],
    ...parameters.map((each) => [2, message([1, each])] as const),
    ...Object.keys(results).map((each) => [3, message([1, each])] as const),
  );
  const entries = Object.entries(results).map(([key, value]) => [4, message([1, key], [2, value])] as const);
  return message([1, head], ...nodes.map((each) => [3, each] as const), ...entries);
}

/** A SavedModel with one float32 input "x" `[batch, 4]`, and the output "y" from the node named. */
export function savedModel(
  nodes: readonly Uint8Array[],
  output: string,
  functions: readonly Uint8Array[] = [],
  collections: readonly Uint8Array[] = [],
): Map<string, Uint8Array> {
  const info = (tensor: string) => message([1, tensor], [2, 1], [3, shape([-1, 4])]);
  const signature = message(
    [1, message([1, "x"], [2, info("x:0")])],
    [2, message([1, "y"], [2, info(output)])],
    [3, "tensorflow/serving/predict"],
  );
  const library = message(...functions.map((each) => [1, each] as const));
  const graph = message([1, node("x", "Placeholder")], ...nodes.map((each) => [1, each] as const), [2, library]);
  const meta = message(
    [1, message([4, "serve"], [5, "2.21.0"])],
    [2, graph],
    ...collections.map((each) => [4, each] as const),
    [5, message([1, "serving_default"], [2, signature])],
  );
  return new Map([["saved_model.pb", message([1, 1], [2, meta])]]);
}
