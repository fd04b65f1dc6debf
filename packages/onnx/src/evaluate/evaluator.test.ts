import { Tensor } from "@modelkeep/core";
import { describe, expect, it } from "vitest";

import { evaluator, type GraphBuilder, graphBuilder, type OnnxModel, type Tree, type Value } from "../index.js";

const doubles = (shape: readonly number[], ...values: number[]) =>
  new Tensor("float64", shape, Float64Array.from(values));

/** Builds a graph of one input "x", runs it, gives its output "y". */
function run(input: Tensor, build: (b: GraphBuilder, x: Value) => Value, dtype: Tensor["dtype"] = "float64"): Tensor {
  const b = graphBuilder();
  const x = b.input(
    "x",
    input.dtype,
    input.shape.map(() => null),
  );
  b.output("y", build(b, x), dtype, []);
  return evaluator(b.build())
    .run(new Map([["x", input]]))
    .get("y")!;
}

/** A tree of 2^depth leaves over `columns` columns, with thresholds that follow from the seed. */
function fullTree(depth: number, columns: number, seed: number): Tree {
  const inner = 2 ** depth - 1;
  const count = 2 * inner + 1;
  const nodes = Array.from({ length: count }, (_, node) => node);
  return {
    feature: nodes.map((node) => (node * 7 + seed) % columns),
    threshold: nodes.map((node) => ((node * 37 + seed * 11) % 100) / 100),
    left: nodes.map((node) => (node < inner ? 2 * node + 1 : -1)),
    right: nodes.map((node) => (node < inner ? 2 * node + 2 : -1)),
  };
}

/** By the definition: a loop over the nodes. */
function leafOf(tree: Tree, row: Float64Array): number {
  let node = 0;
  while (tree.left[node]! >= 0) {
    const value = row[tree.feature[node]!]!;
    const left = Number.isNaN(value) ? tree.missingLeft?.[node] === 1 : value <= tree.threshold[node]!;
    node = left ? tree.left[node]! : tree.right[node]!;
  }
  let leaf = 0;
  for (let before = 0; before < node; before++) if (tree.left[before]! < 0) leaf++;
  return leaf;
}

describe("evaluator", () => {
  it("walks as a loop over the nodes does, for any number of rows, NaN included", () => {
    const trees = Array.from({ length: 7 }, (_, seed) => fullTree(5, 3, seed));
    for (const rows of [1, 2, 3, 4, 5, 7, 255, 256, 257, 600]) {
      const x = doubles(
        [rows, 3],
        ...Array.from({ length: rows * 3 }, (_, at) => (at % 17 === 5 ? NaN : ((at * 53) % 97) / 97)),
      );
      const wanted = Array.from({ length: rows }, (_, row) =>
        trees.map((tree, at) => at * 32 + leafOf(tree, (x.data as Float64Array).subarray(row * 3, row * 3 + 3))),
      );
      const found = run(x, (b, value) => b.treeLeaves(value, { trees }), "int64");
      expect(Array.from(found.data as BigInt64Array, Number)).toEqual(wanted.flat());
    }
  });

  it("adds up a table of leaves as the four operators would one by one", () => {
    const trees = Array.from({ length: 9 }, (_, seed) => fullTree(4, 2, seed));
    const table = doubles([9 * 16, 3], ...Array.from({ length: 9 * 16 * 3 }, (_, at) => Math.sin(at) / 3));
    const x = doubles([50, 2], ...Array.from({ length: 100 }, (_, at) => ((at * 31) % 89) / 89));
    const fused = run(x, (b, value) => b.reduceSum(b.gather(b.constant(table), b.treeLeaves(value, { trees })), [1]));
    const apart = run(x, (b, value) => {
      const leaves = b.treeLeaves(value, { trees });
      // A second reader of the leaves keeps the four apart.
      const nothing = b.mul(b.cast(b.reduceSum(leaves, [1], true), "float64"), b.float64(0));
      return b.add(b.reduceSum(b.gather(b.constant(table), leaves), [1]), nothing);
    });
    expect(fused.shape).toEqual([50, 3]);
    expect(fused.data).toEqual(apart.data);
  });

  it("adds up trees over values rounded to float32 as the six operators would, a few rows or many", () => {
    const columns = 3;
    const trees = Array.from({ length: 10 }, (_, seed) => {
      const tree = fullTree(5, columns, seed);
      // Of each split also its neighbours, which the rounded values must be told apart from.
      const threshold = Array.from(
        tree.threshold as number[],
        (each, node) => each * (1 + ((node % 3) - 1) * 2 ** -40),
      );
      return { ...tree, threshold, missingLeft: Array.from(tree.left, (_, node) => (node + seed) % 2) };
    });
    const table = doubles([10 * 32, 2], ...Array.from({ length: 10 * 32 * 2 }, (_, at) => Math.sin(at) / 3));
    const sum = (b: GraphBuilder, value: Value, apart: boolean) => {
      const leaves = b.treeLeaves(b.cast(b.cast(value, "float32"), "float64"), { trees });
      const sums = b.reduceSum(b.gather(b.constant(table), leaves), [1]);
      if (!apart) return b.identity(sums);
      return b.add(sums, b.mul(b.cast(b.reduceSum(leaves, [1], true), "float64"), b.float64(0)));
    };
    const special = [Number.NaN, Infinity, -Infinity, 1e300, -1e-300, -0];
    for (const rows of [1, 2, 3, 4, 40]) {
      for (let round = 0; round < 8; round++) {
        const values = Array.from({ length: rows * columns }, (_, at) =>
          (at + round) % 13 === 7 ? special[(at + round) % 6]! : ((at * 31 + round * 7) % 100) / 100,
        );
        const x = doubles([rows, columns], ...values);
        const [fused, apart] = [run(x, (b, v) => sum(b, v, false)), run(x, (b, v) => sum(b, v, true))];
        expect([fused.shape, fused.data]).toEqual([apart.shape, apart.data]);
      }
    }
    expect(() => run(doubles([1, 2], 1, 2), (b, v) => sum(b, v, false))).toThrow("needs 3 columns");
  });

  it("keeps what graphs within the graph read of a forest", () => {
    const leaf = { feature: [0], threshold: [0], left: [-1], right: [-1] };
    const b = graphBuilder();
    const rounded = b.cast(b.cast(b.input("x", "float64", ["n", 1]), "float32"), "float64");
    const leaves = b.treeLeaves(rounded, { trees: [leaf, leaf] });
    b.output("sum", b.reduceSum(b.gather(b.float64([3, 4], [2, 1]), leaves), [1]), "float64", ["n", 1]);
    const branch = (from: string) => {
      const inner = graphBuilder();
      inner.output("z", inner.float64([1]), "float64", [1]);
      const graph = { ...inner.graph(), initializer: [] };
      const output = graph.output.map(({ name = "" }) => name);
      return { ...graph, node: [{ input: [from], output, opType: "Identity", attribute: [] }] };
    };
    const branches = { then_branch: branch(rounded), else_branch: branch(rounded) };
    b.output("seen", b.op("", "If", [b.bools(true)], branches)[0]!, "float64", ["n", 1]);
    const outputs = evaluator(b.build()).run(new Map([["x", doubles([1, 1], 0.1)]]));
    expect([...outputs.values()].map(({ data }) => data)).toEqual([
      Float64Array.of(7),
      Float64Array.of(Math.fround(0.1)),
    ]);
  });

  it("sends missing values where the trees say, and asks for membership", () => {
    const tree = { feature: [0, 0, 0], threshold: [0.5, 0, 0], left: [1, -1, -1], right: [2, -1, -1] };
    const trees = [tree, { ...tree, missingLeft: [1, 0, 0] }, { ...tree, members: new Map([[0, [2, 4]]]) }];
    const x = doubles([4, 1], 0.5, 2, NaN, 4);
    const leaves = run(x, (b, value) => b.treeLeaves(value, { trees }), "int64");
    expect(Array.from(leaves.data as BigInt64Array, Number)).toEqual([0, 2, 5, 1, 3, 4, 1, 2, 5, 1, 3, 4]);
  });

  it("sends missing values where the trees say in rows that go side by side", () => {
    const trees = Array.from({ length: 6 }, (_, seed) => {
      const tree = fullTree(4, 3, seed);
      return { ...tree, missingLeft: Array.from(tree.left, (_, node) => (node + seed) % 2) };
    });
    const values = Array.from({ length: 40 * 3 }, (_, at) => (at % 4 === 1 ? NaN : ((at * 53) % 97) / 97));
    const wanted = Array.from({ length: 40 }, (_, row) =>
      trees.map((tree, at) => at * 16 + leafOf(tree, Float64Array.from(values.slice(row * 3, row * 3 + 3)))),
    );
    const found = run(doubles([40, 3], ...values), (b, value) => b.treeLeaves(value, { trees }), "int64");
    expect(Array.from(found.data as BigInt64Array, Number)).toEqual(wanted.flat());
  });

  it("computes least and greatest leaves, 0 where there is none", () => {
    const leaf = { feature: [0], threshold: [0], left: [-1], right: [-1] };
    const ensemble = (aggregate: "min" | "max" | "average") => (b: GraphBuilder, x: Value) =>
      b.treeEnsemble(x, {
        trees: [leaf, leaf],
        targets: 2,
        aggregate,
        leaf: (tree) => ({ target: 0, weight: tree + 3 }),
      });
    expect(run(doubles([1, 1], 0), ensemble("min")).data).toEqual(Float64Array.of(3, 0));
    expect(run(doubles([5, 1], 0, 0, 0, 0, 0), ensemble("max")).data).toEqual(
      Float64Array.of(4, 0, 4, 0, 4, 0, 4, 0, 4, 0),
    );
    expect(run(doubles([1, 1], 0), ensemble("average")).data).toEqual(Float64Array.of(3.5, 0));
  });

  it("rounds to float32 where the graph does", () => {
    const y = run(doubles([2], 0.1, 1e300), (b, x) => b.cast(b.cast(x, "float32"), "float64"));
    expect(y.data).toEqual(Float64Array.of(Math.fround(0.1), Infinity));
  });

  it("takes the first of equal ones, and sorts ties by their place", () => {
    const x = doubles([2, 4], 1, 3, 3, 2, 5, 5, 5, 5);
    expect(run(x, (b, value) => b.argmax(value), "int64").data).toEqual(BigInt64Array.of(1n, 0n));
    expect(run(x, (b, value) => b.topk(value, 3).indices, "int64").data).toEqual(
      BigInt64Array.of(1n, 2n, 3n, 0n, 1n, 2n),
    );
  });

  it("runs loops with what they carry and see from around, and no more rounds than allowed", () => {
    const body = graphBuilder();
    body.input("round", "int64", []);
    body.input("going", "bool", []);
    const total = body.add(body.input("total", "float64", [1]), body.float64([2]));
    body.output("goes_on", body.less(body.reduceSum(total, [0]), body.float64(9)), "bool", []);
    body.output("next", total, "float64", [1]);
    const loop = (rounds: number) => (b: GraphBuilder, x: Value) =>
      b.op("", "Loop", [b.int64(rounds), b.bools(true), x], { body: body.graph() })[0]!;
    expect(run(doubles([1], 0), loop(3)).data).toEqual(Float64Array.of(6));
    expect(run(doubles([1], 0), loop(100)).data).toEqual(Float64Array.of(10));
    expect(() => run(doubles([1], -1e9), loop(1e9))).toThrow("more than 10000 rounds");
    const twice = (inner: number, outer: number) => {
      const around = graphBuilder();
      around.input("round", "int64", []);
      around.input("going", "bool", []);
      const start = around.input("start", "float64", [1]);
      const within = { body: body.graph() };
      const [end] = around.op("", "Loop", [around.int64(inner), around.bools(true), start], within);
      around.output("goes_on", around.bools(true), "bool", []);
      around.output("end", end!, "float64", [1]);
      return (b: GraphBuilder, x: Value) =>
        b.op("", "Loop", [b.int64(outer), b.bools(true), x], { body: around.graph() })[0]!;
    };
    expect(run(doubles([1], -100), twice(3, 4)).data).toEqual(Float64Array.of(-76));
    // Rounds of loops within count like those around: a few of each would take years otherwise.
    expect(() => run(doubles([1], -1e9), twice(200, 200))).toThrow("more than 10000 rounds");
    expect(run(doubles([1], 0), loop(3)).data).toEqual(Float64Array.of(6));
    const branch = (value: number) => {
      const b = graphBuilder();
      b.output("z", b.float64(value), "float64", []);
      const graph = b.graph();
      // "x" is that of the graph around.
      return {
        ...graph,
        node: [{ input: ["x", graph.initializer[0]!.name!], output: ["z"], opType: "Mul", attribute: [] }],
      };
    };
    const choose = (b: GraphBuilder, x: Value) =>
      b.op("", "If", [b.greater(b.reduceSum(x, [0]), b.float64(0))], {
        then_branch: branch(2),
        else_branch: branch(-3),
      })[0]!;
    expect(run(doubles([1], 5), choose).data).toEqual(Float64Array.of(10));
    expect(run(doubles([1], -5), choose).data).toEqual(Float64Array.of(15));
  });

  it("gives another name to what it was given, and to what is seen from around", () => {
    const b = graphBuilder();
    const x = b.input("x", "float64", ["n"]);
    const inner = graphBuilder();
    inner.output("z", inner.float64([1]), "float64", [1]);
    const seen = { ...inner.graph(), initializer: [] };
    const again = b.identity(x);
    const branch = {
      ...seen,
      node: [{ input: [again], output: seen.output.map(({ name = "" }) => name), opType: "Identity", attribute: [] }],
    };
    const chosen = b.op("", "If", [b.bools(true)], { then_branch: branch, else_branch: branch })[0]!;
    b.output("same", b.identity(again), "float64", ["n"]);
    b.output("y", chosen, "float64", ["n"]);
    const outputs = evaluator(b.build()).run(new Map([["x", doubles([2], 1, 2)]]));
    expect([...outputs.values()]).toEqual([doubles([2], 1, 2), doubles([2], 1, 2)]);
  });

  it("takes inputs of any rank where the model says none", () => {
    const b = graphBuilder();
    b.output("y", b.neg(b.input("x", "float64", [])), "float64", []);
    const model = b.build();
    const graph = { ...model.graph!, input: [{ name: "x", type: { tensorType: { elemType: 11 } } }] };
    const outputs = evaluator({ ...model, graph }).run(new Map([["x", doubles([2, 1], 1, 2)]]));
    expect(outputs.get("y")).toEqual(doubles([2, 1], -1, -2));
  });

  it("names every operator that it lacks, and refuses old operator sets and dtypes", () => {
    const foreign = graphBuilder({ opsets: { "com.example": 1 } });
    const x = foreign.input("x", "float64", ["n", 1]);
    foreign.output("y", foreign.apply("Erf", [foreign.op("com.example", "Thing", [x])[0]!]), "float64", []);
    const build = (opsets: Record<string, number>): OnnxModel => {
      const b = graphBuilder({ opsets });
      b.output("y", b.identity(b.input("x", "bfloat16", [1])), "bfloat16", [1]);
      return b.build();
    };
    expect(() => evaluator(foreign.build())).toThrow("does not have com.example.Thing, ai.onnx.Erf");
    expect(() => evaluator(build({ "": 12 }))).toThrow("operator set 13 or newer, not 12");
    const input = new Map([["x", new Tensor("bfloat16", [1], Uint16Array.of(0))]]);
    expect(() => evaluator(build({})).run(input)).toThrow("does not compute with bfloat16");
  });

  it("refuses inputs that do not fit, integers beyond 2^53 and results that would fill the memory", () => {
    const b = graphBuilder();
    b.output("y", b.add(b.input("x", "int64", ["n", 2]), b.int64(1)), "int64", ["n", 2]);
    const plan = evaluator(b.build());
    const give = (tensor: Tensor) => () => plan.run(new Map([["x", tensor]]));
    const whole = (shape: readonly number[], ...values: bigint[]) =>
      new Tensor("int64", shape, BigInt64Array.from(values));
    expect(() => plan.run(new Map())).toThrow('The input "x" must be int64 of 2 dimensions; it is missing');
    expect(give(whole([3], 1n, 2n, 3n))).toThrow("it is int64 of shape [3]");
    expect(give(whole([1, 3], 1n, 2n, 3n))).toThrow("must be int64 of shape [n, 2]");
    expect(give(doubles([1, 2], 1, 2))).toThrow("it is float64");
    expect(give(whole([1, 2], 2n ** 60n, 0n))).toThrow("up to 2^53");
    expect(give(whole([1, 2], 1n, -5n))().get("y")!.data).toEqual(BigInt64Array.of(2n, -4n));
    const bomb = () => run(doubles([1], 1), (g, x) => g.expand(x, g.int64([1e6, 1e6])));
    expect(bomb).toThrow("more than the JavaScript evaluator allows");
  });
});
