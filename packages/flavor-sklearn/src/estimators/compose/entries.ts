import { entry } from "../entry.js";
import { dummyClassifier, dummyRegressor } from "./dummy.js";
import {
  multiOutputClassifier,
  multiOutputRegressor,
  oneVsOne,
  oneVsRest,
  regressorChain,
  thresholdClassifier,
} from "./multiclass.js";
import { columnTransformer, delegate, featureUnion, pipeline } from "./pipeline.js";
import { transformedTarget } from "./target.js";

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
  entry(
    "compose._target",
    "TransformedTargetRegressor",
    transformedTarget,
    "as its parts",
    "ways back through functions of NumPy, scalers and powers",
  ),
  entry("multiclass", "OneVsRestClassifier", oneVsRest, "as its parts", "one label per row"),
  entry("multiclass", "OneVsOneClassifier", oneVsOne, "as its parts"),
  entry("multioutput", "MultiOutputClassifier", multiOutputClassifier, "as its parts"),
  entry("multioutput", "MultiOutputRegressor", multiOutputRegressor, "as its parts"),
  entry("multioutput", "RegressorChain", regressorChain, "as its parts"),
  entry("model_selection._classification_threshold", "FixedThresholdClassifier", thresholdClassifier, "as its parts"),
  entry("model_selection._classification_threshold", "TunedThresholdClassifierCV", thresholdClassifier, "as its parts"),
  entry(
    "linear_model._ransac linear_model.ransac",
    "RANSACRegressor",
    delegate("estimator_", "estimator"),
    "as its parts",
  ),
  entry("dummy", "DummyClassifier", dummyClassifier, "bits", "strategies prior, most_frequent and constant"),
  entry("dummy", "DummyRegressor", dummyRegressor, "bits"),
];
