import {
  type DType,
  isJsonObject,
  isModelkeepError,
  type Json,
  type JsonObject,
  parseJson,
  type Signature,
  type TensorSpec,
} from "@modelkeep/core";

const columnTypes: ReadonlyMap<string, DType> = new Map<string, DType>([
  ["boolean", "bool"],
  ["integer", "int32"],
  ["long", "int64"],
  ["float", "float32"],
  ["double", "float64"],
  ["string", "string"],
]);
const tensorTypes: ReadonlySet<string> = new Set(
  "float64 float32 float16 int64 int32 int16 int8 uint64 uint32 uint16 uint8 bool".split(" "),
);

/** MLflow's signature as ours; undefined where it has anything that ours cannot say (nested objects, binary, dates). */
export function signatureOf(mlflow: JsonObject): Signature | undefined {
  const inputs = specs(mlflow["inputs"], "input");
  const outputs = specs(mlflow["outputs"], "output");
  return inputs === undefined || outputs === undefined ? undefined : { inputs, outputs };
}

function specs(text: Json | undefined, side: string): TensorSpec[] | undefined {
  if (text === undefined || text === null) return [];
  let list: Json = text;
  if (typeof text === "string") {
    try {
      list = parseJson(new TextEncoder().encode(text), { what: "signature" });
    } catch (error) {
      if (isModelkeepError(error)) return undefined;
      throw error;
    }
  }
  if (!Array.isArray(list)) return undefined;
  const found = list.map((each, index) => spec(each, list.length === 1 ? side : `${side}_${index}`));
  return found.every((each) => each !== undefined) ? found : undefined;
}

function spec(value: Json, unnamed: string): TensorSpec | undefined {
  if (!isJsonObject(value)) return undefined;
  const name = typeof value["name"] === "string" ? value["name"] : unnamed;
  const optional = value["required"] === false ? { optional: true } : {};
  const tensor = value["tensor-spec"];
  if (isJsonObject(tensor)) {
    const { dtype, shape } = tensor;
    const known = dtype === "str" || dtype === "object" ? "string" : dtype;
    if (typeof known !== "string" || !(tensorTypes.has(known) || known === "string") || !Array.isArray(shape))
      return undefined;
    const sizes = shape.map((size, axis) => (size === -1 ? (axis === 0 ? "batch" : null) : size));
    if (
      !sizes.every(
        (size) => size === null || typeof size === "string" || (Number.isSafeInteger(size) && (size as number) >= 0),
      )
    )
      return undefined;
    return { name, dtype: known as DType, shape: sizes as TensorSpec["shape"], ...optional };
  }
  const type = value["type"];
  const dtype = typeof type === "string" ? columnTypes.get(type) : undefined;
  return dtype === undefined ? undefined : { name, dtype, shape: ["batch", 1], ...optional };
}

/** Ours as MLflow's: columns where every input is one, tensors otherwise. */
export function mlflowSignature({ inputs, outputs }: Signature): { readonly inputs: string; readonly outputs: string } {
  return { inputs: JSON.stringify(sideOf(inputs)), outputs: JSON.stringify(sideOf(outputs)) };
}

function sideOf(specs: readonly TensorSpec[]): unknown[] {
  return specs.map(({ name, dtype, shape }) => ({
    name,
    type: "tensor",
    "tensor-spec": {
      dtype: dtype === "string" ? "object" : dtype,
      shape: shape.map((size) => (typeof size === "number" ? size : -1)),
    },
  }));
}
