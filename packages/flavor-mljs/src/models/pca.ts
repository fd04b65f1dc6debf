import { isInstanceOf, loadLibrary } from "../library.js";
import { isMatrixLike, type MatrixLike, matrixToTensor, type Rows, tensorToRows, vector } from "../matrix.js";
import { ModelkeepError, type Tensor } from "@modelkeep/core";
import type { ModelType, StepOptions } from "../model-type.js";
import { StateReader } from "../state-reader.js";

interface Exported {
  readonly name: "PCA";
  readonly center: boolean;
  readonly scale: boolean;
  readonly means: readonly number[] | null;
  readonly stdevs: readonly number[] | null;
  readonly U: MatrixLike | Rows;
  readonly S: readonly number[];
  readonly excludedFeatures?: readonly number[];
}

interface Pca {
  toJSON(): Exported;
  predict(rows: Rows, options: { nComponents?: number }): { to2DArray(): number[][] };
}

interface Library {
  readonly PCA: { load(model: unknown): Pca };
}

export const pca: ModelType<Pca> = {
  type: "pca",
  library: "ml-pca",
  owns: (model): model is Pca => isInstanceOf(model, "PCA", "center", "scale", "toJSON"),
  freeze(model) {
    const { center, scale, means, stdevs, U, S, excludedFeatures = [] } = model.toJSON();
    return {
      center,
      scale,
      means: means === null ? null : vector(means),
      deviations: stdevs === null ? null : vector(stdevs),
      components: matrixToTensor(U, "[mljs] The PCA"),
      variances: vector(S),
      excluded: [...excludedFeatures],
    };
  },
  async thaw(state) {
    const reader = new StateReader(state, "pca");
    const components = reader.tensor("components", "float64", undefined, undefined);
    const center = reader.boolean("center");
    const scale = reader.boolean("scale");
    const excluded = reader.list("excluded");
    const kept = components.shape[0]!;
    if (
      !excluded.every((column) => Number.isSafeInteger(column) && (column as number) >= 0 && (column as number) <= kept)
    )
      throw reader.fault("excluded", "is not made of columns");
    const library = await loadLibrary<Library>("ml-pca", () => import("ml-pca"));
    return library.PCA.load({
      name: "PCA",
      center,
      scale,
      means: reader.has("means") || center ? reader.vector("means", kept + (scale ? excluded.length : 0)) : null,
      stdevs: reader.has("deviations") || (center && scale) ? reader.vector("deviations", kept) : null,
      U: tensorToRows(components),
      S: reader.vector("variances"),
      excludedFeatures: excluded,
    });
  },
  parameters: (model) => ({
    center: model.toJSON().center,
    scale: model.toJSON().scale,
    components: size(model.toJSON().U).columns,
  }),
  columns(model) {
    const { U, means } = model.toJSON();
    return means?.length ?? size(U).rows;
  },
  apply: (model, rows, options) => ({
    kind: "rows",
    rows: model.predict(rows, { nComponents: kept(model, options) }).to2DArray(),
  }),
  output: (model, options) => ({ name: "transformed", dtype: "float64", shape: ["batch", kept(model, options)] }),
  graph(model, options) {
    const { center, scale, means, stdevs, U, excludedFeatures = [] } = model.toJSON();
    const components = matrixToTensor(U, "[mljs] The PCA");
    return (graph, input) => {
      let rows = input;
      if (center) rows = graph.sub(rows, graph.float64(means!));
      if (center && scale) {
        if (excludedFeatures.length > 0)
          rows = graph.gather(rows, graph.int64(remaining(means!.length, excludedFeatures)), 1);
        rows = graph.div(rows, graph.float64(stdevs!));
      }
      return { rows: graph.matmul(rows, graph.constant(firstColumns(components, kept(model, options)))) };
    };
  },
};

function kept(model: Pca, { components }: StepOptions): number {
  const most = size(model.toJSON().U).columns;
  if (components !== undefined && !(Number.isSafeInteger(components) && components >= 1 && components <= most)) {
    throw new ModelkeepError("invalid_input", `[mljs] A PCA of ${most} components can't keep ${components}`);
  }
  return components ?? most;
}

function size(matrix: MatrixLike | Rows): { readonly rows: number; readonly columns: number } {
  return isMatrixLike(matrix) ? matrix : { rows: matrix.length, columns: matrix[0]?.length ?? 0 };
}

function firstColumns(matrix: Tensor, count: number): Tensor {
  const rows = tensorToRows(matrix).map((row) => row.slice(0, count));
  return matrixToTensor(rows, "PCA");
}

/** ml-pca removes one column after the other, each by its index in what is then left. */
function remaining(columns: number, excluded: readonly number[]): number[] {
  const left = Array.from({ length: columns }, (_, column) => column);
  for (const column of excluded) left.splice(column, 1);
  return left;
}
