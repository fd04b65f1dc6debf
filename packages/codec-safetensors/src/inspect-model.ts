import { type DecodeOptions, elementCount, type Inspection, type PayloadSet } from "@modelkeep/core";
import { readHeader } from "@modelkeep/safetensors";

import { stateTexts } from "./safetensors-model.js";

/** From the header alone. The tree of a model's state is left out: it is the model. */
export async function inspectModel(payloads: PayloadSet, options: DecodeOptions = {}): Promise<Inspection> {
  const header = await readHeader(payloads.main, options);
  const tensors = [...header.tensors.values()].map(({ name, dtype, shape, start, end }) => ({
    name,
    dtype,
    shape,
    bytes: end - start,
  }));
  const parameters = tensors.reduce((count, { shape }) => count + elementCount(shape), 0);
  const metadata = [...header.metadata].filter(([name]) => name !== stateTexts.state);
  const type = header.metadata.get(stateTexts.type);
  const whose =
    type === undefined ? "" : `${type} of ${header.metadata.get(stateTexts.flavor) ?? "an unknown flavor"}, `;
  return {
    summary: `safetensors: ${whose}tensors: ${tensors.length}, elements: ${parameters}`,
    tensors,
    parameters,
    details: { metadata: Object.fromEntries(metadata) },
  };
}
