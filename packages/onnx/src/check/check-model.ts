import { ModelkeepError } from "@modelkeep/core";

import type { OnnxModel } from "../model.js";
import { newestIrVersion } from "../opsets.js";
import { checkFunctions } from "./check-functions.js";
import { checkGraph } from "./check-graph.js";
import { checkOpsets } from "./check-opsets.js";
import type { CheckOptions, GraphContext } from "./context.js";
import { type Fault, Faults, quote } from "./faults.js";

/** Every fault in a model's structure with its place: names, order, types of attributes, shapes against data, references. */
export function modelFaults(model: OnnxModel, options: CheckOptions = {}): readonly Fault[] {
  const faults = new Faults();
  const { irVersion } = model;
  if (irVersion === undefined) faults.add("model", "has no ir_version");
  else if (irVersion < 1 || irVersion > newestIrVersion)
    faults.add("model", `has the IR version ${irVersion}; known are 1 to ${newestIrVersion}`);
  const opsets = checkOpsets(model.opsetImport, "model", faults);
  if (opsets.size === 0 && (irVersion ?? 0) >= 3) faults.add("model", "imports no operator set");
  const metadata = new Set<string | undefined>();
  for (const { key } of model.metadataProps ?? []) {
    if (metadata.has(key)) faults.add("model", `has the metadata ${quote(key)} twice`);
    metadata.add(key);
  }
  const functions = checkFunctions(model, faults, options);
  const context: GraphContext = {
    irVersion: irVersion ?? newestIrVersion,
    opsets,
    functions,
    faults,
    options,
    inFunction: false,
  };
  if (model.graph === undefined) faults.add("model", "has no graph");
  else checkGraph(model.graph, "graph", context);
  return faults.list;
}

/** `malformed` that tells every fault, in the message up to ten and in the details all. */
export function checkModel(model: OnnxModel, options: CheckOptions = {}): void {
  const faults = modelFaults(model, options);
  if (faults.length === 0) return;
  const lines = faults.slice(0, 10).map((fault) => `${fault.where} ${fault.message}`);
  const more = faults.length > 10 ? ` and ${faults.length - 10} more` : "";
  throw new ModelkeepError("malformed", `The ONNX model is not valid: ${lines.join("; ")}${more}`, {
    details: { faults },
  });
}
