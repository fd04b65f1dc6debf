import { ModelkeepError } from "./errors.js";
import type { Signature, TensorMap, TensorSpec } from "./signature.js";
import { isTensor } from "./tensor.js";

/**
 * Names, dtypes and shapes against the signature; a dimension's name must mean one size throughout.
 * @throws `signature_mismatch` at the first input that does not fit, by name
 */
export function checkInputs(signature: Signature, tensors: TensorMap): void {
  const sizes = new Map<string, { readonly size: number; readonly name: string }>();
  const known = new Set(signature.inputs.map((spec) => spec.name));
  for (const [name, tensor] of tensors) {
    if (!isTensor(tensor)) throw new TypeError(`The input ${JSON.stringify(name)} is no tensor`);
    if (!known.has(name))
      throw mismatch(`there is no input ${JSON.stringify(name)}: the model takes ${list(known)}`, name);
  }
  for (const spec of signature.inputs) {
    const tensor = tensors.get(spec.name);
    if (tensor === undefined) {
      if (spec.optional) continue;
      throw mismatch(`the input ${JSON.stringify(spec.name)} is missing`, spec.name);
    }
    if (tensor.dtype !== spec.dtype)
      throw mismatch(`the input ${JSON.stringify(spec.name)} must be ${spec.dtype}, not ${tensor.dtype}`, spec.name);
    if (tensor.shape.length !== spec.shape.length) throw wrongShape(spec, tensor.shape);
    for (const [axis, dimension] of spec.shape.entries()) {
      const size = tensor.shape[axis]!;
      const first = typeof dimension === "string" ? sizes.get(dimension) : undefined;
      if (typeof dimension === "string" && first === undefined) sizes.set(dimension, { size, name: spec.name });
      if (typeof dimension === "number" && dimension !== size)
        throw wrongShape(spec, tensor.shape, featureHint(spec, axis));
      if (first !== undefined && first.size !== size) {
        throw mismatch(
          `the dimension "${String(dimension)}" is ${first.size} in ${JSON.stringify(first.name)} and ${size} in ${JSON.stringify(spec.name)}`,
          spec.name,
        );
      }
    }
  }
}

function wrongShape({ name, shape }: TensorSpec, found: readonly number[], hint = ""): ModelkeepError {
  const wanted = shape.map((size) => size ?? "any").join(", ");
  return mismatch(
    `the input ${JSON.stringify(name)} must have the shape [${wanted}], not [${found.join(", ")}]${hint}`,
    name,
  );
}

function featureHint(spec: TensorSpec, axis: number): string {
  return axis === spec.shape.length - 1 && spec.features !== undefined
    ? `: its features are ${list(spec.features)}`
    : "";
}

export function list(names: Iterable<string>): string {
  const all = [...names].map((name) => JSON.stringify(name));
  return all.length > 30 ? `${all.slice(0, 30).join(", ")} and ${all.length - 30} more` : all.join(", ");
}

export function unknownName(where: string, name: string, known: ReadonlySet<string>): ModelkeepError {
  return mismatch(`${where} ${JSON.stringify(name)}, which the model does not know: it takes ${list(known)}`, name);
}

export function mismatch(message: string, name?: string, cause?: unknown): ModelkeepError {
  return new ModelkeepError("signature_mismatch", `The inputs do not fit the signature: ${message}`, {
    cause,
    ...(name !== undefined && { details: { name } }),
  });
}
