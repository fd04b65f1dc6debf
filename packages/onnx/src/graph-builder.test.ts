import { Tensor } from "@modelkeep/core";
import { describe, expect, it } from "vitest";

import {
  checkModel,
  decodeModel,
  encodeModel,
  encodeModelBytes,
  evaluator,
  float,
  fromOnnxTensor,
  graphBuilder,
  int,
} from "./index.js";

const stump = { feature: [0, 0, 0], threshold: [0.5, 0, 0], left: [1, -1, -1], right: [2, -1, -1] };

describe("graphBuilder", () => {
  it("builds a model that decodes to what was built", () => {
    const b = graphBuilder({ metadata: { purpose: "test" } });
    const x = b.input("x", "float64", ["batch", 2]);
    const scaled = b.div(b.sub(x, b.float64([1, 2])), b.float64([3, 4]));
    b.output("y", scaled, "float64", ["batch", 2]);
    const model = b.build();
    const decoded = decodeModel(encodeModelBytes(model));
    expect(decoded.graph?.node.map((node) => node.opType)).toEqual(["Sub", "Div", "Identity"]);
    expect(decoded.opsetImport).toEqual([{ domain: "", version: 21 }]);
    expect(decoded.metadataProps).toEqual([{ key: "purpose", value: "test" }]);
    expect(fromOnnxTensor(decoded.graph!.initializer[1]!).data).toEqual(Float64Array.of(3, 4));
    expect(b.signature.inputs).toEqual([{ name: "x", dtype: "float64", shape: ["batch", 2] }]);
  });

  it("builds graphs within a graph, which read values and constants of the outer one", () => {
    const b = graphBuilder({ reserved: ["add"] });
    const x = b.input("x", "float64", ["batch"]);
    const within = b.nested("body");
    within.input("turn", "int64", []);
    const goesOn = within.input("goes_on", "bool", []);
    const sum = within.input("sum", "float64", ["batch"]);
    within.output("continues", goesOn, "bool", []);
    within.output("next", within.add(within.mul(sum, b.float64(2)), x), "float64", ["batch"]);
    within.output("all", sum, "float64", ["batch"]);
    const [total, all] = b.op("", "Loop", [b.int64(3), b.bools(true), x], { body: within.graph() }, { outputs: 2 });
    b.output("add", total!, "float64", ["batch"]);
    b.output("sums", all!, "float64", [3, "batch"]);
    const model = b.build();
    checkModel(model);
    expect(within.graph().initializer).toEqual([]);
    const row = new Tensor("float64", [1], Float64Array.of(1));
    expect(
      evaluator(model)
        .run(new Map([["x", row]]))
        .get("add")!.data,
    ).toEqual(Float64Array.of(15));
  });

  it("keeps equal small constants once", () => {
    const b = graphBuilder();
    expect(b.int64([1])).toBe(b.int64([1]));
    expect(b.int64([1])).not.toBe(b.int64(1));
    expect(b.strings(["a"])).toBe(b.strings(["a"]));
    expect(b.float64([0])).not.toBe(b.float64([-0]));
  });

  it("refuses a value that does not exist, names that are taken and a graph without outputs", () => {
    const b = graphBuilder();
    const x = b.input("x", "float32", [1]);
    expect(() => b.add(x, "z")).toThrow('The node "add" uses "z", which the graph does not have yet');
    expect(() => b.input("x", "float32", [1])).toThrow('the value "x" twice');
    expect(() => b.build()).toThrow("no output");
    b.output("y", b.relu(x), "float32", [1]);
    expect(() => b.output("y", x, "float32", [1])).toThrow('the output "y" twice');
    expect(() => b.op("", "Relu", [x], {}, { name: "relu" })).toThrow('the node "relu" twice');
    b.op("com.example", "Thing", [x], { alpha: float(1), n: int(2), text: "a", list: ["b"], big: 3n });
    expect(() => b.build()).toThrow("The graph uses com.example");
  });

  it("gives large constants on as views", () => {
    const b = graphBuilder();
    const weights = new Float32Array(100_000);
    const x = b.input("x", "float32", ["n", 1]);
    b.output("y", b.mul(x, b.constant(new Tensor("float32", [1, 100_000], weights), "w")), "float32", ["n", 100_000]);
    const chunks = encodeModel(b.build());
    expect(chunks.some((chunk) => chunk.buffer === weights.buffer && chunk.byteLength === 400_000)).toBe(true);
  });

  it("refuses trees that are none", () => {
    const b = graphBuilder();
    const x = b.input("x", "float64", ["n", 1]);
    const leaves = (tree: Partial<typeof stump>) => () => b.treeLeaves(x, { trees: [{ ...stump, ...tree }] });
    expect(leaves({ left: [0, -1, -1] })).toThrow("leads from node 0 to 0");
    expect(leaves({ left: [2, -1, -1] })).toThrow("reaches node 2 by two ways");
    expect(leaves({ left: [-1, -1, -1] })).toThrow("has 2 nodes that its root does not reach");
    expect(leaves({ left: [1, 2, 1], right: [2, 2, 1] })).toThrow("by two ways");
    expect(leaves({ left: [3, -1, -1] })).toThrow("which it does not have");
    expect(leaves({ threshold: [1] })).toThrow("different lengths");
    expect(leaves({ feature: [-1, 0, 0] })).toThrow("compares the column -1");
  });
});
