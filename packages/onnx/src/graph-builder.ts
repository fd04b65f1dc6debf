import { type DType, Tensor } from "@modelkeep/core";

import { type AttributeValue, type Attributes, int, ints } from "./attribute.js";
import { dataTypeOf } from "./data-type.js";
import { GraphCore, type GraphOptions, type Value } from "./graph-core.js";
import { type TreeEnsemble, treeEnsembleAttributes } from "./tree-ensemble.js";

/**
 * Builds a model operator by operator: each method adds a node and gives the name of its value. Names, constants and
 * order are taken care of; `op` adds any operator that has no method here.
 */
export function graphBuilder(options?: GraphOptions): GraphBuilder {
  return new GraphBuilder(options);
}

/**
 * Builds a graph a node at a time: a method puts in the ONNX operator of its name and gives the name of its output.
 * Rules of each operator: https://onnx.ai/onnx/operators/. `build` ends it.
 */
export class GraphBuilder extends GraphCore {
  /** A graph within this one, for a loop or a condition: it may use all values that this one has so far. */
  nested(name: string): GraphBuilder {
    return new GraphBuilder({ name }, this);
  }

  /** A constant from numbers: of rank 0 for one number, 1 for a list, or of the shape that is given. */
  float64(values: number | ArrayLike<number>, shape?: readonly number[]): Value {
    const data = typeof values === "number" ? Float64Array.of(values) : Float64Array.from(values);
    return this.constant(new Tensor("float64", shape ?? rank(values), data));
  }

  float32(values: number | ArrayLike<number>, shape?: readonly number[]): Value {
    const data = typeof values === "number" ? Float32Array.of(values) : Float32Array.from(values);
    return this.constant(new Tensor("float32", shape ?? rank(values), data));
  }

  int64(values: number | ArrayLike<number | bigint>, shape?: readonly number[]): Value {
    const list = typeof values === "number" ? [values] : Array.from(values);
    return this.constant(new Tensor("int64", shape ?? rank(values), BigInt64Array.from(list, BigInt)));
  }

  bools(values: boolean | readonly boolean[], shape?: readonly number[]): Value {
    const list = typeof values === "boolean" ? [values] : values;
    return this.constant(new Tensor("bool", shape ?? rank(values), Uint8Array.from(list, Number)));
  }

  strings(values: string | readonly string[], shape?: readonly number[]): Value {
    const list = typeof values === "string" ? [values] : [...values];
    return this.constant(new Tensor("string", shape ?? (typeof values === "string" ? [] : [list.length]), list));
  }

  /** Any operator of ai.onnx with one output. */
  apply(type: string, inputs: readonly Value[], attributes: Attributes = {}): Value {
    return this.op("", type, inputs, attributes)[0]!;
  }

  add = (a: Value, b: Value): Value => this.apply("Add", [a, b]);
  sub = (a: Value, b: Value): Value => this.apply("Sub", [a, b]);
  mul = (a: Value, b: Value): Value => this.apply("Mul", [a, b]);
  div = (a: Value, b: Value): Value => this.apply("Div", [a, b]);
  pow = (a: Value, b: Value): Value => this.apply("Pow", [a, b]);
  min = (...values: Value[]): Value => this.apply("Min", values);
  max = (...values: Value[]): Value => this.apply("Max", values);
  neg = (x: Value): Value => this.apply("Neg", [x]);
  abs = (x: Value): Value => this.apply("Abs", [x]);
  sign = (x: Value): Value => this.apply("Sign", [x]);
  sqrt = (x: Value): Value => this.apply("Sqrt", [x]);
  exp = (x: Value): Value => this.apply("Exp", [x]);
  log = (x: Value): Value => this.apply("Log", [x]);
  tanh = (x: Value): Value => this.apply("Tanh", [x]);
  relu = (x: Value): Value => this.apply("Relu", [x]);
  sigmoid = (x: Value): Value => this.apply("Sigmoid", [x]);
  floor = (x: Value): Value => this.apply("Floor", [x]);
  reciprocal = (x: Value): Value => this.apply("Reciprocal", [x]);
  isNaN = (x: Value): Value => this.apply("IsNaN", [x]);
  identity = (x: Value): Value => this.apply("Identity", [x]);

  equal = (a: Value, b: Value): Value => this.apply("Equal", [a, b]);
  less = (a: Value, b: Value): Value => this.apply("Less", [a, b]);
  lessOrEqual = (a: Value, b: Value): Value => this.apply("LessOrEqual", [a, b]);
  greater = (a: Value, b: Value): Value => this.apply("Greater", [a, b]);
  greaterOrEqual = (a: Value, b: Value): Value => this.apply("GreaterOrEqual", [a, b]);
  and = (a: Value, b: Value): Value => this.apply("And", [a, b]);
  or = (a: Value, b: Value): Value => this.apply("Or", [a, b]);
  not = (x: Value): Value => this.apply("Not", [x]);
  where = (condition: Value, a: Value, b: Value): Value => this.apply("Where", [condition, a, b]);

  matmul = (a: Value, b: Value): Value => this.apply("MatMul", [a, b]);

  /** Between low and high, either of which may be left out. */
  clip(x: Value, low?: Value, high?: Value): Value {
    return this.apply("Clip", high === undefined ? (low === undefined ? [x] : [x, low]) : [x, low ?? "", high]);
  }

  cast(x: Value, dtype: DType): Value {
    return this.apply("Cast", [x], { to: int(dataTypeOf(dtype)) });
  }

  gather(data: Value, indices: Value, axis = 0): Value {
    return this.apply("Gather", [data, indices], { axis: int(axis) });
  }

  gatherElements(data: Value, indices: Value, axis = 0): Value {
    return this.apply("GatherElements", [data, indices], { axis: int(axis) });
  }

  concat(values: readonly Value[], axis: number): Value {
    return this.apply("Concat", values, { axis: int(axis) });
  }

  /** From `starts` to before `ends` along `axes`. */
  slice(
    x: Value,
    starts: readonly number[],
    ends: readonly number[],
    axes: readonly number[],
    steps?: readonly number[],
  ): Value {
    const inputs = [x, this.int64(starts), this.int64(ends), this.int64(axes)];
    return this.apply("Slice", steps === undefined ? inputs : [...inputs, this.int64(steps)]);
  }

  reshape(x: Value, shape: readonly number[]): Value {
    return this.apply("Reshape", [x, this.int64(shape)]);
  }

  squeeze(x: Value, axes: readonly number[]): Value {
    return this.apply("Squeeze", [x, this.int64(axes)]);
  }

  unsqueeze(x: Value, axes: readonly number[]): Value {
    return this.apply("Unsqueeze", [x, this.int64(axes)]);
  }

  transpose(x: Value, permutation: readonly number[]): Value {
    return this.apply("Transpose", [x], { perm: ints(permutation) });
  }

  shape = (x: Value): Value => this.apply("Shape", [x]);
  expand = (x: Value, shape: Value): Value => this.apply("Expand", [x, shape]);
  tile = (x: Value, repeats: Value): Value => this.apply("Tile", [x, repeats]);

  reduceSum = (x: Value, axes: readonly number[], keep = false): Value => this.#reduce("ReduceSum", x, axes, keep);
  reduceMean = (x: Value, axes: readonly number[], keep = false): Value => this.#reduce("ReduceMean", x, axes, keep);
  reduceMax = (x: Value, axes: readonly number[], keep = false): Value => this.#reduce("ReduceMax", x, axes, keep);
  reduceMin = (x: Value, axes: readonly number[], keep = false): Value => this.#reduce("ReduceMin", x, axes, keep);
  reduceProd = (x: Value, axes: readonly number[], keep = false): Value => this.#reduce("ReduceProd", x, axes, keep);
  reduceSumSquare = (x: Value, axes: readonly number[], keep = false): Value =>
    this.#reduce("ReduceSumSquare", x, axes, keep);
  reduceL1 = (x: Value, axes: readonly number[], keep = false): Value => this.#reduce("ReduceL1", x, axes, keep);
  reduceL2 = (x: Value, axes: readonly number[], keep = false): Value => this.#reduce("ReduceL2", x, axes, keep);
  reduceLogSumExp = (x: Value, axes: readonly number[], keep = false): Value =>
    this.#reduce("ReduceLogSumExp", x, axes, keep);

  softmax(x: Value, axis = -1): Value {
    return this.apply("Softmax", [x], { axis: int(axis) });
  }

  logSoftmax(x: Value, axis = -1): Value {
    return this.apply("LogSoftmax", [x], { axis: int(axis) });
  }

  /** The first index wins a tie. int64. */
  argmax(x: Value, axis = -1, keep = false): Value {
    return this.apply("ArgMax", [x], { axis: int(axis), keepdims: int(keep) });
  }

  argmin(x: Value, axis = -1, keep = false): Value {
    return this.apply("ArgMin", [x], { axis: int(axis), keepdims: int(keep) });
  }

  /** The k largest (or smallest), sorted; of equal ones the lower index comes first. */
  topk(
    x: Value,
    k: number,
    options: { readonly axis?: number; readonly largest?: boolean } = {},
  ): { values: Value; indices: Value } {
    const { axis = -1, largest = true } = options;
    const attributes = { axis: int(axis), largest: int(largest), sorted: int(true) };
    const [values, indices] = this.op("", "TopK", [x, this.int64([k])], attributes, { outputs: 2 });
    return { values: values!, indices: indices! };
  }

  cumsum(x: Value, axis: number): Value {
    return this.apply("CumSum", [x, this.int64(axis)]);
  }

  /** `off` and `on` at the indices; ONNX Runtime has no kernel with float64 values: cast what float32 or int64 gives. */
  oneHot(indices: Value, depth: number, offOn: Value, axis = -1): Value {
    return this.apply("OneHot", [indices, this.int64(depth), offOn], { axis: int(axis) });
  }

  /** Each key becomes its value; what is not a key becomes `fallback`. NaN is a key like any other. */
  labelEncoder(x: Value, keys: LabelList, values: LabelList, fallback: string | number | bigint): Value {
    return this.op("ai.onnx.ml", "LabelEncoder", [x], {
      ...labels("keys", keys),
      ...labels("values", values),
      default_tensor: labelTensor({ type: values.type, list: [fallback] } as LabelList),
    })[0]!;
  }

  /** TreeEnsemble (ai.onnx.ml 5): `[batch, targets]` of the ensemble's dtype, which must be that of x. */
  treeEnsemble(x: Value, ensemble: TreeEnsemble): Value {
    return this.op("ai.onnx.ml", "TreeEnsemble", [x], treeEnsembleAttributes(ensemble))[0]!;
  }

  /**
   * The leaf that each tree ends in, as int64 `[batch, trees]`: leaves are numbered over all trees in the order of
   * their nodes, unless `leaf` numbers them. With `gather` from a table of leaf values and `reduceSum`, an ensemble is
   * summed in tree order: to the last bit as a loop over the trees would.
   */
  treeLeaves(x: Value, ensemble: Pick<TreeEnsemble, "trees" | "dtype" | "mode">): Value {
    let next = 0;
    const leaf = (tree: number) => ({ target: tree, weight: next++ });
    return this.cast(this.treeEnsemble(x, { ...ensemble, targets: ensemble.trees.length, leaf }), "int64");
  }

  #reduce(type: string, x: Value, axes: readonly number[], keep: boolean): Value {
    return this.apply(type, [x, this.int64(axes)], { keepdims: int(keep) });
  }
}

/** Keys or values of a label encoder. */
export type LabelList =
  | { readonly type: "string"; readonly list: readonly string[] }
  | { readonly type: "int64"; readonly list: readonly (number | bigint)[] }
  | { readonly type: "float32" | "float64"; readonly list: readonly number[] };

function labels(what: "keys" | "values", labels: LabelList): Record<string, AttributeValue> {
  return { [`${what}_tensor`]: labelTensor(labels) };
}

function labelTensor(labels: LabelList): Tensor {
  const shape = [labels.list.length];
  switch (labels.type) {
    case "string":
      return new Tensor("string", shape, [...labels.list]);
    case "int64":
      return new Tensor("int64", shape, BigInt64Array.from(labels.list, BigInt));
    case "float32":
      return new Tensor("float32", shape, Float32Array.from(labels.list));
    case "float64":
      return new Tensor("float64", shape, Float64Array.from(labels.list));
  }
}

function rank(values: unknown): readonly number[] {
  return typeof values === "object" && values !== null ? [(values as ArrayLike<unknown>).length] : [];
}
