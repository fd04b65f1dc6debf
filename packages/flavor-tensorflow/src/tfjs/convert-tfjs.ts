import { jsonMember, ModelkeepError, type Tensor } from "@modelkeep/core";
import type { Graph, GraphNode } from "@modelkeep/savedmodel";
import { type ModelJson, readModelJson, readWeights, type TfjsModel } from "@modelkeep/tfjs";

import { convertGraph, type GraphConversion } from "../convert-graph.js";
import { readResources } from "../graph/resources.js";
import { graphOf } from "./graph-def.js";
import { resourceIds, tfjsSignature } from "./tfjs-signature.js";

/**
 * A graph-model of TensorFlow.js to ONNX: what its converter froze, by the same drawing as a SavedModel. Throws as
 * `convertSavedModel` does, and `unsupported` for a layers-model.
 */
export async function convertTfjsGraph({ main, files }: Pick<TfjsModel, "main" | "files">): Promise<GraphConversion> {
  const json = readModelJson(files.get(main)!);
  if (json.format !== "graph-model")
    throw new ModelkeepError("unsupported", "[tfjs] A layers-model is converted by @modelkeep/flavor-keras");
  const graph = withTables(graphOf(json.topology, readWeights(json, files)), json, files);
  refuseOldLoops(graph);
  return convertGraph({
    graph,
    signature: tfjsSignature(json.signature, graph),
    resources: readResources(graph, undefined),
    source: `TensorFlow.js ${json.convertedBy ?? ""}`.trim(),
  });
}

/**
 * The initializer's nodes put into the graph: it fills tables, and the model knows them by the numbers that both
 * signatures have for them.
 */
function withTables(graph: Graph, json: ModelJson, files: ReadonlyMap<string, Uint8Array>): Graph {
  const { initializer } = json;
  if (initializer === undefined) return graph;
  const weights: ReadonlyMap<string, Tensor> = readWeights(json, files);
  const prefix = "initializer/";
  const nodes = new Map(graph.nodes);
  const initializers: string[] = [];
  for (const node of graphOf(initializer, weights).nodes.values()) {
    // What fills the tables is named below: the tables need not wait for it.
    const inputs = node.inputs.filter((each) => !each.startsWith("^")).map((each) => prefix + each);
    nodes.set(prefix + node.name, { ...node, name: prefix + node.name, inputs });
    if (/^(?:LookupTableImport|InitializeTable)(?:V2)?$/u.test(node.operator)) initializers.push(prefix + node.name);
  }
  const made = resourceIds(jsonMember(json.initializerSignature, "outputs"));
  for (const [id, name] of resourceIds(jsonMember(json.signature, "inputs"))) {
    const table = made.get(id);
    const own = name.replace(/:0$/u, "");
    if (table !== undefined && nodes.has(own)) nodes.set(own, passing(own, prefix + table));
  }
  return { ...graph, nodes, initializers };
}

function passing(name: string, input: string): GraphNode {
  return { name, operator: "Identity", inputs: [input], attributes: new Map() };
}

const oldLoops = new Set(["Enter", "Exit", "NextIteration", "LoopCond", "Merge", "Switch"]);

/** Loops and conditions as TensorFlow 1 had them are circles of nodes. */
function refuseOldLoops({ nodes }: Graph): void {
  const found = new Map<string, number>();
  for (const { operator } of nodes.values())
    if (oldLoops.has(operator)) found.set(operator, (found.get(operator) ?? 0) + 1);
  if (found.size === 0) return;
  const operators = Array.from(found, ([operator, count]) => ({ operator, count }));
  throw new ModelkeepError(
    "unsupported",
    `[tensorflow] The model cannot become ONNX here. In the way: loops or conditions as TensorFlow 1 had them (${operators.map(({ operator, count }) => `${operator} x ${count}`).join(", ")}). Convert it again with tensorflowjs_converter --control_flow_v2=True. It can be kept as it is`,
    { details: { operators } },
  );
}
