import { ModelkeepError } from "@modelkeep/core";

import { type Rows, vector } from "../matrix.js";
import type { ModelType } from "../model-type.js";
import { StateReader } from "../state-reader.js";

/** Centres columns and divides them by their standard deviation (of the population, as scikit-learn does). */
export class StandardScaler {
  readonly means: readonly number[];
  /** Standard deviations; 1 for constant columns, which are only centred. */
  readonly scales: readonly number[];

  constructor(means: readonly number[], scales: readonly number[]) {
    if (means.length !== scales.length) throw new TypeError("A scaler needs as many scales as means");
    this.means = [...means];
    this.scales = [...scales];
  }

  static fit(rows: Rows): StandardScaler {
    const columns = rows[0]?.length ?? 0;
    if (columns === 0)
      throw new ModelkeepError("invalid_input", "A scaler is fitted on at least one row of at least one column");
    const means = Array.from(
      { length: columns },
      (_, column) => rows.reduce((sum, row) => sum + row[column]!, 0) / rows.length,
    );
    const scales = means.map((mean, column) => {
      const variance = rows.reduce((sum, row) => sum + (row[column]! - mean) ** 2, 0) / rows.length;
      return variance === 0 ? 1 : Math.sqrt(variance);
    });
    return new StandardScaler(means, scales);
  }

  predict(rows: Rows): number[][] {
    return rows.map((row) => row.map((value, column) => (value - this.means[column]!) / this.scales[column]!));
  }
}

export const standardScaler: ModelType<StandardScaler> = {
  type: "standard-scaler",
  owns: (model): model is StandardScaler => model instanceof StandardScaler,
  freeze: (model) => ({ means: vector(model.means), scales: vector(model.scales) }),
  async thaw(state) {
    const reader = new StateReader(state, "standard-scaler");
    const means = reader.vector("means");
    return new StandardScaler(means, reader.vector("scales", means.length));
  },
  parameters: () => ({}),
  columns: (model) => model.means.length,
  apply: (model, rows) => ({ kind: "rows", rows: model.predict(rows) }),
  output: (model) => ({ name: "transformed", dtype: "float64", shape: ["batch", model.means.length] }),
  graph: (model) => (graph, input) => {
    return { rows: graph.div(graph.sub(input, graph.float64(model.means)), graph.float64(model.scales)) };
  },
};
