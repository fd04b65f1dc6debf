import { type DecodeOptions, type Inspection, isDType, type PayloadSet, elementCount } from "@modelkeep/core";
import { readHeader } from "@modelkeep/safetensors";

import { readDocument, tensorsPayload } from "./decode-state.js";

type InspectedTensor = NonNullable<Inspection["tensors"]>[number];

/** From the tree, and only the header of the tensors beside it. */
export async function inspectState(payloads: PayloadSet, options: DecodeOptions = {}): Promise<Inspection> {
  const { limits, ...read } = options;
  const document = readDocument(await payloads.main.bytes(read), options);
  const tensors: InspectedTensor[] = [];
  const beside = tensorsPayload(payloads, document.get("tensors"));
  if (beside !== undefined) {
    const header = await readHeader(beside, { limits, signal: read.signal });
    for (const { name, dtype, shape, start, end } of header.tensors.values())
      tensors.push({ name, dtype, shape, bytes: end - start });
  }
  inlineTensors(document.get("state"), [], tensors);
  const parameters = tensors.reduce((count, { shape }) => count + elementCount(shape), 0);
  const fields = Object.fromEntries(
    ["format", "flavor", "type", "version"].map((field) => [field, plain(document.get(field))]),
  );
  return {
    summary: `MessagePack: ${fields["type"]} of ${fields["flavor"]}, tensors: ${tensors.length}, elements: ${parameters}`,
    tensors,
    parameters,
    details: fields,
  };
}

function inlineTensors(value: unknown, path: readonly (string | number)[], found: InspectedTensor[]): void {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) inlineTensors(item, [...path, index], found);
  } else if (value instanceof Map) {
    const marked: unknown = value.size === 1 ? value.get("$tensor") : undefined;
    if (marked instanceof Map) {
      const [dtype, shape, data] = [marked.get("dtype"), marked.get("shape"), marked.get("data")] as unknown[];
      const size = data instanceof Uint8Array ? { bytes: data.byteLength } : {};
      if (isDType(dtype) && isShape(shape) && !marked.has("name"))
        found.push({ name: path.join(".") || "state", dtype, shape, ...size });
    } else for (const [key, item] of value) inlineTensors(item, [...path, String(key)], found);
  }
}

/** Counts whose product is one too. */
function isShape(value: unknown): value is number[] {
  if (!Array.isArray(value) || !value.every((size) => Number.isSafeInteger(size) && (size as number) >= 0))
    return false;
  return (value as number[]).reduce((count, size) => count * (size || 1), 1) <= Number.MAX_SAFE_INTEGER;
}

function plain(value: unknown): string | number | null {
  return typeof value === "string" || typeof value === "number" ? value : null;
}
