import { type DType, dtypeInfo, isDType } from "./dtype.js";
import { dtypeKind, type Element, tensorElements, tensorOf, valuesPerElement } from "./elements.js";
import { ModelkeepError } from "./errors.js";
import { isJsonObject } from "./json-object.js";
import type { TensorMap } from "./signature.js";
import { type Json, parseJson } from "./strict-json.js";
import { elementCount, type Tensor } from "./tensor.js";

/** Of payloads that hold tensors as JSON, such as samples. */
export const tensorJsonMediaType = "application/vnd.modelkeep.tensors+json";

const format = "modelkeep.tensors/1";

/**
 * Named tensors as JSON in UTF-8, exact for every dtype: one row of the last dimension per line, numbers in the shortest
 * decimal form that gives the same double, 64-bit integers, NaN and infinities as strings.
 */
export function tensorsToJson(tensors: TensorMap): Uint8Array {
  const items = [...tensors].map(([name, tensor]) => {
    const head = `{ "name": ${quote(name)}, "dtype": "${tensor.dtype}", "shape": [${tensor.shape.join(", ")}], "data": [`;
    const rows = lines(tensor);
    return `    ${head}${rows.length === 0 ? "" : `\n      ${rows.join(",\n      ")}\n    `}] }`;
  });
  const list = items.length === 0 ? "[]" : `[\n${items.join(",\n")}\n  ]`;
  return new TextEncoder().encode(`{\n  "format": "${format}",\n  "tensors": ${list}\n}\n`);
}

/** The reverse; `malformed` when it is anything else. */
export function tensorsFromJson(bytes: Uint8Array): TensorMap {
  const root = parseJson(bytes, { what: "file of tensors", depth: 8 });
  if (!isJsonObject(root) || !Array.isArray(root["tensors"])) throw malformed("has no list of tensors");
  if (root["format"] !== format) {
    throw new ModelkeepError(
      "unknown_format_version",
      `The file of tensors is of format ${JSON.stringify(root["format"] ?? null).slice(0, 60)}, not "${format}"`,
    );
  }
  return tensorsFromList(root["tensors"]);
}

/** Named tensors as a JSON list in one line, for records: the `tensors` of `tensorsToJson`, exact as those. */
export function tensorsToLine(tensors: TensorMap): string {
  const items = [...tensors].map(([name, tensor]) => {
    const data = tensorElements(tensor).map(writeElement).join(",");
    return `{"name":${quote(name)},"dtype":"${tensor.dtype}","shape":[${tensor.shape.join(",")}],"data":[${data}]}`;
  });
  return `[${items.join(",")}]`;
}

/** The reverse, of the parsed list. */
export function tensorsFromList(list: readonly Json[]): TensorMap {
  const tensors = new Map<string, Tensor>();
  for (const item of list) {
    const { name, dtype, shape, data } = isJsonObject(item) ? item : {};
    if (typeof name !== "string") throw malformed("has a tensor without a name");
    if (tensors.has(name)) throw malformed(`has the tensor ${quote(name)} twice`);
    if (!isDType(dtype)) throw malformed(`has the tensor ${quote(name)} of an unknown dtype`);
    if (!Array.isArray(shape) || !Array.isArray(data)) throw malformed(`has no shape or data for ${quote(name)}`);
    tensors.set(name, tensorFrom(name, dtype, shape as number[], data));
  }
  return tensors;
}

function tensorFrom(name: string, dtype: DType, shape: readonly number[], data: readonly Json[]): Tensor {
  try {
    // The count is checked before anything is made of it: data is already in memory.
    if (elementCount(shape) * valuesPerElement(dtype) !== data.length)
      throw malformed(`has ${data.length} values for the shape [${shape.join(", ")}] of ${quote(name)}`);
    return tensorOf(
      dtype,
      shape,
      data.map((value, at) => parseElement(dtype, value, at)),
    );
  } catch (cause) {
    throw malformed(`has a bad tensor ${quote(name)}: ${(cause as Error).message}`, cause);
  }
}

function lines(tensor: Tensor): string[] {
  const values = tensorElements(tensor).map(writeElement);
  const row = Math.max(1, (tensor.shape.at(-1) ?? 1) * valuesPerElement(tensor.dtype));
  return Array.from({ length: Math.ceil(values.length / row) }, (_, index) =>
    values.slice(index * row, (index + 1) * row).join(", "),
  );
}

function writeElement(value: Element): string {
  if (typeof value === "string") return quote(value);
  if (typeof value === "bigint") return `"${value}"`;
  if (typeof value === "boolean") return String(value);
  if (Object.is(value, -0)) return "-0.0";
  return Number.isFinite(value) ? String(value) : `"${value}"`;
}

function parseElement(dtype: DType, value: Json, at: number): Element {
  const kind = dtypeKind(dtype);
  if (kind === "integer" && dtypeInfo(dtype).bits === 64 && typeof value === "string") {
    if (/^-?(0|[1-9]\d{0,19})$/u.test(value)) return BigInt(value);
  } else if ((kind === "float" || kind === "complex") && typeof value === "string") {
    if (value === "NaN" || value === "Infinity" || value === "-Infinity") return Number(value);
  } else if (value !== null && typeof value !== "object") {
    return value;
  }
  throw malformed(`has ${JSON.stringify(value).slice(0, 60)} as value ${at}`);
}

/** Lone halves of surrogate pairs come out escaped, so that the bytes are UTF-8. */
function quote(text: string): string {
  return JSON.stringify(text);
}

function malformed(message: string, cause?: unknown): ModelkeepError {
  return new ModelkeepError("malformed", `The file of tensors ${message}`, { cause });
}
