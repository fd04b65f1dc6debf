import { entry } from "../entry.js";
import { columnTransformer, delegate, featureUnion, pipeline } from "./pipeline.js";

const best = delegate("best_estimator_", "best estimator");

export const composeEntries = [
  entry("pipeline", "Pipeline", pipeline, "as its parts"),
  entry("pipeline", "FeatureUnion", featureUnion, "as its parts"),
  entry("compose._column_transformer", "ColumnTransformer", columnTransformer, "as its parts"),
  entry("model_selection._search", "GridSearchCV", best, "as its parts"),
  entry("model_selection._search", "RandomizedSearchCV", best, "as its parts"),
  entry("model_selection._search_successive_halving", "HalvingGridSearchCV", best, "as its parts"),
  entry("model_selection._search_successive_halving", "HalvingRandomSearchCV", best, "as its parts"),
  entry("frozen._frozen", "FrozenEstimator", delegate("estimator", "frozen estimator"), "as its parts"),
];
