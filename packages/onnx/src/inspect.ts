import { byteLength, elementCount, type Inspection, isModelkeepError } from "@modelkeep/core";

import { dtypeOf } from "./data-type.js";
import { externalReference } from "./external-data.js";
import type { OnnxModel, OnnxTensor } from "./model.js";
import { knownOpsets } from "./opsets.js";
import { type OutlineOptions, type RangeSource, readOutline } from "./outline.js";
import { graphSignature, otherValues } from "./signature.js";
import { allGraphs, allNodes, allTensors, tensorsOf } from "./walk-graphs.js";

type Finding = NonNullable<Inspection["findings"]>[number];

/** What a model file contains, read in ranges without its weights. */
export async function inspectModel(source: RangeSource, options: OutlineOptions = {}): Promise<Inspection> {
  return describeModel(await readOutline(source, options), source.size);
}

/** The same for a model in memory; `size` is that of its file, if it has one. */
export function describeModel(model: OnnxModel, size?: number): Inspection {
  const { graph } = model;
  const signature = graph === undefined ? undefined : graphSignature(graph);
  const operators = countOperators(model);
  const parameters = countParameters(model);
  const others = graph === undefined ? [] : otherValues(graph);
  return {
    summary: summary(model, operators, parameters),
    ...(signature === undefined ? {} : { signature }),
    tensors: (graph?.initializer ?? []).map(describeTensor),
    operators,
    parameters,
    details: {
      irVersion: model.irVersion ?? null,
      opsets: model.opsetImport.map(({ domain, version = 0 }) => [domain || "ai.onnx", version]),
      producer: [model.producerName, model.producerVersion]
        .filter((each) => each !== undefined && each !== "")
        .join(" "),
      ...(size === undefined ? {} : { size }),
      ...(graph?.name === undefined ? {} : { graph: graph.name }),
      ...(model.docString === undefined || model.docString === "" ? {} : { description: model.docString }),
      ...(model.metadataProps === undefined
        ? {}
        : { metadata: model.metadataProps.map(({ key = "", value = "" }) => [key, value]) }),
      ...(model.functions === undefined
        ? {}
        : { functions: model.functions.map(({ domain, name }) => `${domain ?? ""}::${name ?? ""}`) }),
      ...(others.length === 0 ? {} : { otherValues: others }),
    },
    findings: [...findings(model)],
  };
}

function summary(model: OnnxModel, operators: readonly { readonly count: number }[], parameters: number): string {
  const nodes = operators.reduce((sum, operator) => sum + operator.count, 0);
  const producer = model.producerName === undefined || model.producerName === "" ? "" : ` by ${model.producerName}`;
  return `ONNX model${producer}: ${nodes} nodes of ${operators.length} operators, ${parameters} parameters`;
}

function countOperators(model: OnnxModel): NonNullable<Inspection["operators"]> {
  const versions = new Map(model.opsetImport.map(({ domain = "", version }) => [domain, version]));
  const counts = new Map<string, { name: string; domain: string; count: number }>();
  for (const { opType = "", domain = "" } of allNodes(model)) {
    const key = `${domain}\0${opType}`;
    const entry = counts.get(key);
    if (entry === undefined) counts.set(key, { name: opType, domain, count: 1 });
    else entry.count++;
  }
  return [...counts.values()]
    .sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1))
    .map(({ name, domain, count }) => {
      const version = versions.get(domain);
      return { name, domain: domain || "ai.onnx", count, ...(version === undefined ? {} : { version }) };
    });
}

/**
 * Elements of initializers, of Constant nodes and of the numbers in ai.onnx.ml operators. int64, bool and strings are
 * not counted: they are shapes, indices and names.
 */
function countParameters(model: OnnxModel): number {
  let count = 0;
  for (const graph of allGraphs(model)) for (const tensor of graph.initializer) count += trained(tensor);
  for (const node of allNodes(model)) {
    if (node.opType !== "Constant" && node.domain !== "ai.onnx.ml") continue;
    for (const attribute of node.attribute) {
      count += attribute.floats?.length ?? 0;
      for (const tensor of tensorsOf(attribute)) if (tensor.dataType !== 2) count += trained(tensor);
    }
  }
  return count;
}

function trained(tensor: OnnxTensor): number {
  const dtype = dtypeOf(tensor.dataType);
  if (dtype === undefined || dtype === "int64" || dtype === "bool" || dtype === "string") return 0;
  return elements(tensor) ?? 0;
}

function elements(tensor: OnnxTensor): number | undefined {
  try {
    return elementCount(tensor.dims);
  } catch {
    return undefined;
  }
}

function describeTensor(tensor: OnnxTensor): NonNullable<Inspection["tensors"]>[number] {
  const dtype = dtypeOf(tensor.dataType);
  const count = elements(tensor);
  const bytes = dtype === undefined || dtype === "string" || count === undefined ? undefined : byteLength(dtype, count);
  return {
    name: tensor.name ?? "",
    dtype: dtype ?? `unknown (${tensor.dataType ?? 0})`,
    shape: tensor.dims,
    ...(bytes === undefined ? {} : { bytes }),
  };
}

function* findings(model: OnnxModel): Generator<Finding> {
  const own = new Set((model.functions ?? []).map(({ domain = "" }) => domain));
  for (const { domain = "", version = 0 } of model.opsetImport) {
    const known = knownOpsets.get(domain || "ai.onnx");
    if (known === undefined && !own.has(domain))
      yield { level: "warning", message: `It uses operators of ${domain}, which need a runtime that has them` };
    else if (known !== undefined && version > known)
      yield {
        level: "warning",
        message: `It needs ${domain || "ai.onnx"} ${version}, newer than ${known}, the newest known here`,
      };
  }
  for (const value of model.graph === undefined ? [] : otherValues(model.graph)) {
    yield {
      level: "warning",
      message: `The ${value.kind} ${JSON.stringify(value.name)} is no tensor but ${value.type}`,
    };
  }
  for (const value of [...(model.graph?.input ?? []), ...(model.graph?.output ?? [])]) {
    if (value.type?.tensorType !== undefined && value.type.tensorType.shape === undefined)
      yield { level: "info", message: `The rank of ${JSON.stringify(value.name ?? "")} is not known` };
  }
  yield* externalFindings(model);
  if ((model.trainingInfo ?? []).length > 0) yield { level: "info", message: "It carries graphs for training" };
}

function* externalFindings(model: OnnxModel): Generator<Finding> {
  const files = new Set<string>();
  for (const tensor of allTensors(model)) {
    try {
      const reference = externalReference(tensor);
      if (reference !== undefined) files.add(reference.location);
    } catch (error) {
      if (!isModelkeepError(error)) throw error;
      yield { level: "danger", message: error.message, tensor: tensor.name ?? "" };
    }
  }
  if (files.size > 0)
    yield { level: "info", message: `Tensors lie in other files: ${[...files].join(", ")}`, files: [...files] };
}
