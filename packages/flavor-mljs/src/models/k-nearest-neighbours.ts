import { ModelkeepError, Tensor } from "@modelkeep/core";

import { isInstanceOf, loadLibrary } from "../library.js";
import { matrixToTensor, type Rows, tensorToRows, vector } from "../matrix.js";
import type { ModelType } from "../model-type.js";
import { StateReader } from "../state-reader.js";

interface KdNode {
  /** The columns of a point, then its label. */
  readonly obj: readonly number[];
  readonly left: KdNode | null;
  readonly right: KdNode | null;
  readonly dimension: number;
}

interface KNearestNeighbours {
  readonly kdTree: { readonly root: KdNode | null };
  readonly k: number;
  readonly classes: ReadonlySet<number>;
  readonly isEuclidean: boolean;
  predict(rows: Rows): number[];
}

type Library = { readonly default: { load(model: unknown): KNearestNeighbours } };

const none = -1;

export const kNearestNeighbours: ModelType<KNearestNeighbours> = {
  type: "k-nearest-neighbours",
  library: "ml-knn",
  owns: (model): model is KNearestNeighbours => isInstanceOf(model, "KNN", "kdTree", "classes"),
  freeze(model) {
    if (!model.isEuclidean) {
      throw new ModelkeepError(
        "unsupported",
        "[mljs] This k-NN uses a distance function of its own; a function is code and can't be kept: use the Euclidean distance",
      );
    }
    const nodes = flatten(model);
    return {
      points: matrixToTensor(
        nodes.map(({ node }) => node.obj),
        "[mljs] The k-NN",
      ),
      left: integers(nodes.map(({ left }) => left)),
      right: integers(nodes.map(({ right }) => right)),
      dimension: integers(nodes.map(({ node }) => node.dimension)),
      k: model.k,
      classes: vector([...model.classes]),
    };
  },
  async thaw(state) {
    const reader = new StateReader(state, "k-nearest-neighbours");
    const points = reader.tensor("points", "float64", undefined, undefined);
    const [count = 0, width = 0] = points.shape;
    const links = (name: string) => Array.from(reader.tensor(name, "int32", count).data as Int32Array);
    const root = rebuild(tensorToRows(points), links("left"), links("right"), links("dimension"), width, reader);
    const library = await loadLibrary<Library>("ml-knn", () => import("ml-knn"));
    return library.default.load({
      name: "KNN",
      kdTree: { ...root, dimensions: Array.from({ length: width }, (_, index) => index) },
      k: reader.integer("k", 1),
      classes: reader.vector("classes"),
      isEuclidean: true,
    });
  },
  parameters: (model) => ({ k: model.k }),
  columns: (model) => (model.kdTree.root === null ? undefined : model.kdTree.root.obj.length - 1),
  apply: (model, rows) => ({ kind: "labels", labels: model.predict(rows) }),
  output: () => ({ name: "label", dtype: "int64", shape: ["batch"] }),
  graph(model) {
    const classes = [...model.classes];
    if (!(classes.length === 1 || (classes.length === 2 && model.k % 2 === 1))) {
      return `ml-knn settles votes that tie by the order of its search, which a graph can't repeat; without ties (two classes, odd k) it converts. This model has ${classes.length} classes and k = ${model.k}`;
    }
    return (graph, rows) => {
      const points = flatten(model).map(({ node }) => node.obj);
      const columns = points[0]!.length - 1;
      const k = Math.min(model.k, points.length);
      const known = points.map((point) => point.slice(0, columns));
      const difference = graph.sub(
        graph.unsqueeze(rows, [1]),
        graph.constant(matrixToTensor(known, "[mljs] The k-NN")),
      );
      const nearest = graph.topk(graph.reduceSumSquare(difference, [2]), k, { axis: 1, largest: false }).indices;
      const isSecond = graph.float64(points.map((point) => (point[columns] === classes[1] ? 1 : 0)));
      const votes = graph.reduceSum(graph.gather(isSecond, nearest), [1]);
      const won = graph.greater(votes, graph.float64(k / 2));
      return { labels: graph.where(won, graph.int64(classes[1] ?? classes[0]!), graph.int64(classes[0]!)) };
    };
  },
};

function flatten(model: KNearestNeighbours): { node: KdNode; left: number; right: number }[] {
  const nodes: { node: KdNode; left: number; right: number }[] = [];
  const waiting: { node: KdNode; link: (index: number) => void }[] = [];
  if (model.kdTree.root !== null) waiting.push({ node: model.kdTree.root, link: () => {} });
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const entry = { node: next.node, left: none, right: none };
    next.link(nodes.length);
    nodes.push(entry);
    if (entry.node.right !== null) waiting.push({ node: entry.node.right, link: (index) => (entry.right = index) });
    if (entry.node.left !== null) waiting.push({ node: entry.node.left, link: (index) => (entry.left = index) });
  }
  return nodes;
}

/** Children stand after their parent and have one parent, so that what is built is a tree, whatever the file says. */
function rebuild(
  points: Rows,
  left: readonly number[],
  right: readonly number[],
  dimension: readonly number[],
  width: number,
  reader: StateReader,
): KdNode {
  if (points.length === 0) throw reader.fault("points", "is empty");
  const depth = new Map<number, number>([[0, 0]]);
  const nodes = points.map((obj, index) => ({
    obj,
    left: null as KdNode | null,
    right: null as KdNode | null,
    dimension: dimension[index]!,
  }));
  nodes.forEach((node, index) => {
    if (!(node.dimension >= 0 && node.dimension < width))
      throw reader.fault("dimension", `has ${node.dimension} of ${width}`);
    const own = depth.get(index);
    if (own === undefined) throw reader.fault("left", `and right never reach node ${index}`);
    if (own > 1_000) throw reader.fault("left", "and right make a tree deeper than 1,000");
    for (const [side, link] of [
      ["left", left[index]!],
      ["right", right[index]!],
    ] as const) {
      if (link === none) continue;
      if (!(link > index && link < nodes.length) || depth.has(link))
        throw reader.fault(side, `of node ${index} is ${link}, which makes no tree`);
      depth.set(link, own + 1);
      node[side] = nodes[link]!;
    }
  });
  return nodes[0]!;
}

function integers(values: readonly number[]): Tensor {
  return new Tensor("int32", [values.length], Int32Array.from(values));
}
