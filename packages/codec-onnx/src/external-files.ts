import {
  type Inspection,
  ModelkeepError,
  type Payload,
  payloadBeside,
  type PayloadSet,
  type DecodeOptions,
} from "@modelkeep/core";
import { allTensors, externalReference, type OnnxModel } from "@modelkeep/onnx";

/** The files that a model's tensors lie in, each read once. Every reference has been checked: path, existence, range. */
export async function readExternalFiles(
  model: OnnxModel,
  payloads: PayloadSet,
  options: DecodeOptions = {},
): Promise<ReadonlyMap<string, ArrayBuffer>> {
  const wanted = new Map<string, Payload>();
  for (const tensor of allTensors(model)) {
    const reference = externalReference(tensor, (location) => payloadBeside(payloads, location)?.size);
    if (reference !== undefined) wanted.set(reference.location, payloadBeside(payloads, reference.location)!);
  }
  const { limits, ...read } = options;
  const total = [...wanted.values()].reduce((sum, payload) => sum + payload.size, payloads.main.size);
  if (limits?.bytes !== undefined && total > limits.bytes)
    throw new ModelkeepError(
      "limit_exceeded",
      `The model and its external data have ${total} bytes, more than ${limits.bytes}`,
    );
  const files = new Map<string, ArrayBuffer>();
  for (const [location, payload] of wanted) files.set(location, await payload.buffer(read));
  return files;
}

/** Findings for files that an inspected model needs and the envelope does not have. */
export function checkFiles(inspection: Inspection, payloads: PayloadSet): NonNullable<Inspection["findings"]> {
  const findings: NonNullable<Inspection["findings"]>[number][] = [];
  for (const { files } of inspection.findings ?? []) {
    for (const file of Array.isArray(files) ? (files as string[]) : []) {
      if (payloadBeside(payloads, file) === undefined)
        findings.push({
          level: "danger",
          message: `The file ${JSON.stringify(file)}, which holds tensors, is missing`,
        });
    }
  }
  return findings;
}
