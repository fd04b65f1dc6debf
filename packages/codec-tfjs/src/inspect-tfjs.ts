import {
  type DecodeOptions,
  type Dimension,
  type Inspection,
  isJsonObject,
  type Json,
  jsonMember,
  payloadBeside,
  type PayloadSet,
  type Signature,
  type TensorSpec,
} from "@modelkeep/core";
import { keptSize, layersConfig, type ModelJson, readModelJson, textMember, type WeightSpec } from "@modelkeep/tfjs";

import { layersIn } from "./layers.js";
import { layerFindings, operatorFindings } from "./topology-findings.js";

/** From `model.json` alone: the files of weights are looked for, and not read. */
export async function inspectTfjs(payloads: PayloadSet, options: DecodeOptions = {}): Promise<Inspection> {
  const { limits, signal } = options;
  const { main } = payloads;
  const json = readModelJson(await main.bytes({ signal }), limits);
  const weights = json.groups.flatMap((group) => group.weights);
  const parameters = weights
    .filter(({ dtype, optimizer }) => dtype !== "string" && !optimizer)
    .reduce((sum, { count }) => sum + count, 0);
  const own = json.format === "layers-model" ? layersPart(json) : graphPart(json);
  const quantized = quantizationOf(weights);
  return {
    summary: `${json.format} of ${json.generatedBy ?? "an unknown version"}, ${own.what}, weights: ${weights.length}, parameters: ${parameters}`,
    ...(own.signature && { signature: own.signature }),
    ...(own.operators && { operators: own.operators }),
    tensors: weights.map((spec) => ({ name: spec.name, dtype: spec.dtype, shape: spec.shape, bytes: keptSize(spec) })),
    parameters,
    details: {
      format: json.format,
      ...(json.generatedBy !== undefined && { generatedBy: json.generatedBy }),
      ...(json.convertedBy !== undefined && { convertedBy: json.convertedBy }),
      ...(quantized !== undefined && { quantization: quantized }),
      files: json.groups.flatMap(({ paths }) => paths),
      ...own.details,
    },
    findings: [...own.findings, ...missingFiles(json, payloads)],
  };
}

interface Part {
  readonly what: string;
  readonly signature?: Signature | undefined;
  readonly operators?: Inspection["operators"];
  readonly details: Readonly<Record<string, unknown>>;
  readonly findings: NonNullable<Inspection["findings"]>;
}

function layersPart(json: ModelJson): Part {
  const config = layersConfig(json);
  const layers = layersIn(config);
  const { trainingConfig } = json;
  return {
    what: `layers: ${layers.length}`,
    details: {
      ...(textMember(json.topology, "keras_version") !== undefined && {
        keras: textMember(json.topology, "keras_version"),
      }),
      ...(layers.length > 0 && { layers }),
      ...(isJsonObject(trainingConfig) && { compile: trainingConfig }),
    },
    findings: [...layerFindings(config), ...layerFindings(isJsonObject(trainingConfig) ? trainingConfig : {})],
  };
}

function graphPart({ topology, initializer, signature }: ModelJson): Part {
  const operators = new Map<string, number>();
  for (const graph of [topology, initializer]) countOperators(graph, operators);
  const nodes = [...operators.values()].reduce((sum, count) => sum + count, 0);
  return {
    what: `operators: ${nodes}`,
    signature: signatureOf(signature),
    operators: Array.from(operators, ([name, count]) => ({ name, count })).toSorted((a, b) => b.count - a.count),
    details: {
      ...(initializer !== undefined && { initializer: "fills tables before the model is used" }),
    },
    findings: operatorFindings(operators),
  };
}

/** Of a graph and of the functions that loops and conditions call. */
function countOperators(graph: Json | undefined, operators: Map<string, number>): void {
  const functions = jsonMember(jsonMember(graph, "library"), "function");
  const bodies = Array.isArray(functions) ? functions.map((each) => jsonMember(each, "nodeDef")) : [];
  for (const nodes of [jsonMember(graph, "node"), ...bodies])
    for (const node of Array.isArray(nodes) ? nodes : []) {
      const name = textMember(node, "op");
      if (name !== undefined) operators.set(name, (operators.get(name) ?? 0) + 1);
    }
}

const signatureTypes: Readonly<Record<string, TensorSpec["dtype"]>> = {
  DT_FLOAT: "float32",
  DT_INT32: "int32",
  DT_INT64: "int64",
  DT_BOOL: "bool",
  DT_STRING: "string",
  DT_DOUBLE: "float64",
  DT_UINT8: "uint8",
  DT_COMPLEX64: "complex64",
};

/** Where ours can say it. */
function signatureOf(signature: Json | undefined): Signature | undefined {
  const [inputs, outputs] = [specsOf(jsonMember(signature, "inputs")), specsOf(jsonMember(signature, "outputs"))];
  return inputs === undefined || outputs === undefined || outputs.length === 0 ? undefined : { inputs, outputs };
}

function specsOf(ends: Json | undefined): TensorSpec[] | undefined {
  if (!isJsonObject(ends)) return undefined;
  const specs = Object.entries(ends).map(([name, end]): TensorSpec | undefined => {
    const dtype = signatureTypes[textMember(end, "dtype") ?? ""];
    const tensorShape = jsonMember(end, "tensorShape");
    if (dtype === undefined || !isJsonObject(tensorShape) || jsonMember(tensorShape, "unknownRank") === true)
      return undefined;
    const sizes = jsonMember(tensorShape, "dim") ?? [];
    if (!Array.isArray(sizes)) return undefined;
    const shape = sizes.map((each, axis): Dimension => {
      const size = Number(jsonMember(each, "size"));
      return Number.isSafeInteger(size) && size >= 0 ? size : axis === 0 ? "batch" : null;
    });
    return { name, dtype, shape };
  });
  return specs.every((spec) => spec !== undefined) ? specs : undefined;
}

function quantizationOf(weights: readonly WeightSpec[]): Readonly<Record<string, number>> | undefined {
  const counts = new Map<string, number>();
  for (const { quantization } of weights)
    if (quantization !== undefined) counts.set(quantization.dtype, (counts.get(quantization.dtype) ?? 0) + 1);
  return counts.size === 0 ? undefined : Object.fromEntries(counts);
}

/** The description alone tells its part: only where some files came along, one that is missing is said. */
function missingFiles({ groups }: ModelJson, payloads: PayloadSet): NonNullable<Inspection["findings"]> {
  const missing = groups.flatMap(({ paths }) => paths).filter((path) => payloadBeside(payloads, path) === undefined);
  if (missing.length === 0 || [...payloads].length === 1) return [];
  return [
    { level: "warning", kind: "tfjs_missing_file", message: `Files of weights are missing: ${missing.join(", ")}` },
  ];
}
