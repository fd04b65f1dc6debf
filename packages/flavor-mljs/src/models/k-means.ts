import { ModelkeepError } from "@modelkeep/core";

import { isInstanceOf, loadLibrary } from "../library.js";
import { matrixToTensor, type Rows, tensorToRows, vector } from "../matrix.js";
import type { ModelType } from "../model-type.js";
import { StateReader } from "../state-reader.js";

interface KMeansResult {
  readonly clusters: readonly number[];
  readonly centroids: Rows;
  readonly converged: boolean;
  readonly iterations: number;
  readonly distance: (a: readonly number[], b: readonly number[]) => number;
  nearest(rows: Rows): number[];
}

interface Library {
  readonly kmeans: (rows: Rows, k: number, options: { initialization: Rows; maxIterations: number }) => KMeansResult;
}

/** The result of ml-kmeans: the label of a row is its nearest centroid, by squared Euclidean distance. */
export const kMeans: ModelType<KMeansResult> = {
  type: "k-means",
  library: "ml-kmeans",
  owns: (model): model is KMeansResult => isInstanceOf(model, "KMeansResult", "centroids", "distance"),
  freeze(model) {
    if (!isSquaredEuclidean(model)) {
      throw new ModelkeepError(
        "unsupported",
        "[mljs] This k-means uses a distance function of its own; a function is code and can't be kept: use the squared Euclidean distance",
      );
    }
    return {
      centroids: matrixToTensor(model.centroids, "[mljs] The k-means"),
      clusters: vector(model.clusters),
      converged: model.converged,
      iterations: model.iterations,
    };
  },
  async thaw(state) {
    const reader = new StateReader(state, "k-means");
    const centroids = tensorToRows(reader.tensor("centroids", "float64", undefined, undefined));
    if (centroids.length === 0 || !centroids.flat().every(Number.isFinite))
      throw reader.fault("centroids", "is empty or not finite");
    const { kmeans } = await loadLibrary<Library>("ml-kmeans", () => import("ml-kmeans"));
    // The class is not exported: a run over two points makes an instance, whose state is then replaced.
    const points = [[0], [1]];
    const result = kmeans(points, 2, { initialization: points, maxIterations: 1 });
    return Object.assign(result, {
      centroids,
      clusters: reader.vector("clusters"),
      converged: reader.boolean("converged"),
      iterations: reader.number("iterations"),
    });
  },
  parameters: (model) => ({ k: model.centroids.length }),
  columns: (model) => model.centroids[0]?.length,
  apply: (model, rows) => ({ kind: "labels", labels: model.nearest(rows) }),
  output: () => ({ name: "label", dtype: "int64", shape: ["batch"] }),
  graph: (model) => (graph, rows) => {
    const centroids = graph.constant(matrixToTensor(model.centroids, "[mljs] The k-means"));
    const distances = graph.reduceSumSquare(graph.sub(graph.unsqueeze(rows, [1]), centroids), [2]);
    return { labels: graph.argmin(distances, 1) };
  },
};

/** A function can't be compared with another copy's; its values can: three points tell it from what else is used. */
function isSquaredEuclidean(model: KMeansResult): boolean {
  const pairs = [
    [
      [0, 0],
      [3, 4],
    ],
    [
      [1, -2],
      [0.5, 7],
    ],
    [
      [-1, 1],
      [-1, 1],
    ],
  ] as const;
  return pairs.every(([a, b]) => model.distance(a, b) === (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2);
}
