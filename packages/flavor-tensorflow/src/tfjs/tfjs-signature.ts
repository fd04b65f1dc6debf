import { isJsonObject, type Json, jsonMember } from "@modelkeep/core";
import {
  dtypeOf,
  type Graph,
  type GraphNode,
  type ServingSignature,
  type SignatureTensor,
  typeName,
} from "@modelkeep/savedmodel";
import { textMember } from "@modelkeep/tfjs";

import { malformedGraph } from "../refusal.js";
import { integerOf, shapeOf, typeNumber } from "./json-attribute.js";

/** The signature that the model.json has; for those of the first converters, what nothing feeds and what feeds nothing. */
export function tfjsSignature(value: Json | undefined, graph: Graph): ServingSignature {
  if (!isJsonObject(jsonMember(value, "outputs"))) return ofGraph(graph);
  const signature = {
    name: "default",
    method: "",
    inputs: endsOf(jsonMember(value, "inputs")),
    outputs: endsOf(jsonMember(value, "outputs")),
  };
  if (signature.outputs.length === 0) throw malformedGraph("has a signature without outputs");
  return signature;
}

/** Resources by the number under which the signature of the initializer has the same: `[node, resource id]`. */
export function resourceIds(ends: Json | undefined): ReadonlyMap<number, string> {
  const found = new Map<number, string>();
  for (const end of isJsonObject(ends) ? Object.values(ends) : []) {
    const id = jsonMember(end, "resourceId");
    if (id !== undefined) found.set(integerOf(id), textMember(end, "name") ?? "");
  }
  return found;
}

function endsOf(ends: Json | undefined): readonly SignatureTensor[] {
  return Object.entries(isJsonObject(ends) ? ends : {})
    .filter(([, end]) => jsonMember(end, "resourceId") === undefined && jsonMember(end, "dtype") !== "DT_RESOURCE")
    .map(([key, end]) => {
      const number = typeNumber(jsonMember(end, "dtype"));
      return {
        name: key,
        tensor: textMember(end, "name") ?? key,
        dtype: dtypeOf(number) ?? typeName(number),
        shape: shapeOf(jsonMember(end, "tensorShape")),
      };
    });
}

const passive: ReadonlySet<string> = new Set(["Const", "Placeholder", "NoOp", "Assert"]);

function ofGraph({ nodes }: Graph): ServingSignature {
  const used = new Set(
    [...nodes.values()].flatMap(({ inputs }) => inputs.map((each) => each.replace(/^\^/u, "").split(":")[0]!)),
  );
  const all = [...nodes.values()];
  const inputs = all.filter(({ operator }) => operator === "Placeholder").map(tensorOf);
  const outputs = all.filter(({ name, operator }) => !used.has(name) && !passive.has(operator)).map(tensorOf);
  if (outputs.length === 0) throw malformedGraph("has no signature, and no node that gives an output");
  return { name: "default", method: "", inputs, outputs };
}

function tensorOf({ name, attributes }: GraphNode): SignatureTensor {
  const type = attributes.get("dtype")?.type ?? attributes.get("T")?.type ?? 0;
  return {
    name,
    tensor: `${name}:0`,
    dtype: dtypeOf(type) ?? typeName(type),
    shape: attributes.get("shape")?.shape ?? undefined,
  };
}
