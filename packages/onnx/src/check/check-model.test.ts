import { describe, expect, it } from "vitest";

import { checkModel, graphBuilder, modelFaults, type OnnxGraph, type OnnxModel, type OnnxNode } from "../index.js";

function valid(): OnnxModel {
  const b = graphBuilder();
  const x = b.input("x", "float64", ["n", 2]);
  b.output("y", b.add(x, b.float64([1, 2])), "float64", ["n", 2]);
  return b.build();
}

const withGraph = (change: Partial<OnnxGraph>): OnnxModel => {
  const model = valid();
  return { ...model, graph: { ...model.graph!, ...change } };
};

const withNode = (change: Partial<OnnxNode>): OnnxModel => {
  const [add, identity] = valid().graph!.node;
  return withGraph({ node: [{ ...add!, ...change }, identity!] });
};

function without(field: "irVersion" | "graph"): OnnxModel {
  const model = { ...valid() };
  delete (model as { [Name in typeof field]?: unknown })[field];
  return model;
}

const call = (opType: string): OnnxNode => ({ input: ["a"], output: ["b"], opType, domain: "d", attribute: [] });
const calling = (name: string, callee: string) => ({
  name,
  domain: "d",
  input: ["a"],
  output: ["b"],
  node: [call(callee)],
  opsetImport: [{ domain: "d", version: 1 }],
});

const graph = valid().graph!;
const constant = graph.initializer[0]!;
const node = /node 0 \(Add "add"\)/u;

const broken: readonly [string, OnnxModel, RegExp][] = [
  ["no IR version", without("irVersion"), /model has no ir_version/u],
  ["an IR version of the future", { ...valid(), irVersion: 99 }, /model has the IR version 99/u],
  ["no operator set", { ...valid(), opsetImport: [] }, /model imports no operator set/u],
  ["two versions", { ...valid(), opsetImport: [...valid().opsetImport, { version: 20 }] }, /imports ai\.onnx twice/u],
  ["an operator set of the future", { ...valid(), opsetImport: [{ version: 99 }] }, /newest known here is 28/u],
  ["metadata twice", { ...valid(), metadataProps: [{ key: "a" }, { key: "a" }] }, /metadata "a" twice/u],
  ["no graph", without("graph"), /model has no graph/u],
  ["a graph without name", withGraph({ name: "" }), /graph has no name/u],
  ["an input twice", withGraph({ input: [...graph.input, ...graph.input] }), /input "x" twice/u],
  ["an input without type", withGraph({ input: [{ name: "x" }] }), /input "x" has no type/u],
  [
    "an unknown element type",
    withGraph({ input: [{ name: "x", type: { tensorType: { elemType: 99 } } }] }),
    /element type 99/u,
  ],
  ["an output twice", withGraph({ output: [...graph.output, ...graph.output] }), /output "y" twice/u],
  ["an output of nothing", withGraph({ node: [graph.node[0]!] }), /output "y", which nothing computes/u],
  ["an initializer twice", withGraph({ initializer: [constant, constant] }), /initializer "constant" twice/u],
  [
    "too few bytes",
    withGraph({ initializer: [{ ...constant, rawData: new Uint8Array(8) }] }),
    /8 bytes, its shape needs 16/u,
  ],
  ["data twice", withGraph({ initializer: [{ ...constant, doubleData: new Float64Array(2) }] }), /data twice/u],
  [
    "data in the wrong field",
    withGraph({ initializer: [{ dims: [1], dataType: 11, name: "constant", floatData: new Float32Array(1) }] }),
    /has data in floatData/u,
  ],
  ["a negative size", withGraph({ initializer: [{ ...constant, dims: [-1] }] }), /not -1/u],
  [
    "sizes that overflow",
    withGraph({ initializer: [{ ...constant, dims: [2 ** 40, 2 ** 40] }] }),
    /too many elements/u,
  ],
  ["an unknown data type", withGraph({ initializer: [{ ...constant, dataType: 0 }] }), /unknown data type 0/u],
  ["an operator without import", withNode({ domain: "com.example" }), /com\.example, which the model does not import/u],
  ["no operator", withNode({ opType: "" }), /names no operator/u],
  [
    "nodes out of order",
    withGraph({ node: [...graph.node].reverse() }),
    /uses "add", which nothing before it computes/u,
  ],
  ["an output that is there", withNode({ output: ["x"] }), /computes "x", which is there already/u],
  [
    "an attribute twice",
    withNode({
      attribute: [
        { name: "a", type: 2, i: 1n },
        { name: "a", type: 2, i: 1n },
      ],
    }),
    /attribute "a" twice/u,
  ],
  [
    "an attribute of two types",
    withNode({ attribute: [{ name: "a", type: 2, f: 1 }] }),
    /is of type i and has a value of type f/u,
  ],
  ["an attribute without type", withNode({ attribute: [{ name: "a", i: 1n }] }), /has no type/u],
  [
    "a reference outside of functions",
    withNode({ attribute: [{ name: "a", type: 2, refAttrName: "b" }] }),
    /is in none/u,
  ],
  [
    "a fault in a graph within",
    withNode({ attribute: [{ name: "a", type: 5, g: { ...graph, input: [], node: [] } }] }),
    /graph "a" has the output "y"/u,
  ],
  ["a function of itself", { ...valid(), functions: [calling("f", "f")] }, /function "f" leads back to itself/u],
  [
    "functions of each other",
    { ...valid(), functions: [calling("f", "g"), calling("g", "f")] },
    /function "g" leads back/u,
  ],
];

describe("modelFaults", () => {
  it("finds none in a model that has none", () => {
    expect(modelFaults(valid())).toEqual([]);
    expect(modelFaults({ ...valid(), opsetImport: [...valid().opsetImport, ...valid().opsetImport] })).toEqual([]);
    expect(modelFaults({ ...valid(), functions: [calling("f", "g"), calling("g", "h")] })).toEqual([]);
  });

  it.each(broken)("finds %s", (_, model, message) => {
    const faults = modelFaults(model).map((fault) => `${fault.where} ${fault.message}`);
    expect(faults.join("\n")).toMatch(message);
  });

  it("says where, and tells all of them at once", () => {
    const model = withNode({ input: ["p", "q"], opType: "Add" });
    expect(modelFaults(model)).toHaveLength(2);
    expect(modelFaults(model)[0]!.where).toMatch(node);
    expect(() => checkModel(model)).toThrow(/uses "p".*uses "q"/u);
  });

  it("follows a chain of 3,000 functions", () => {
    const functions = Array.from({ length: 3000 }, (_, at) => calling(`f${at}`, `f${at + 1}`));
    expect(modelFaults({ ...valid(), functions })).toEqual([]);
    expect(modelFaults({ ...valid(), functions: [...functions, calling("f3000", "f0")] })).toHaveLength(200);
  });
});
