import { entry } from "../entry.js";
import { countVectorizer, tfidfTransformer, tfidfVectorizer } from "../text/vectorizers.js";
import { kBinsDiscretizer } from "./bins.js";
import { fastIca, pca, truncatedSvd } from "./decomposition.js";
import { labelEncoder, oneHotEncoder, ordinalEncoder, targetEncoder } from "./encoders.js";
import { functionTransformer } from "./functions.js";
import { missingIndicator, simpleImputer } from "./imputer.js";
import { polynomialFeatures } from "./polynomial.js";
import { powerTransformer } from "./power.js";
import { binarizer, maxAbsScaler, minMaxScaler, normalizer, robustScaler, standardScaler } from "./scalers.js";
import { quantileTransformer } from "./quantile.js";
import { selectFromModel } from "./select-from-model.js";
import {
  genericUnivariateSelect,
  recursiveElimination,
  selectFdr,
  selectFpr,
  selectFwe,
  selectKBest,
  selectPercentile,
  sequentialSelector,
  varianceThreshold,
} from "./selection.js";

const data = "preprocessing._data preprocessing.data";
const encoders = "preprocessing._encoders";
const univariate = "feature_selection._univariate_selection feature_selection.univariate_selection";
const texts = "texts are counted before the model runs; common token patterns; no functions of your own";
const oneType = "categories of a column are all text or all numbers";

export const preprocessingEntries = [
  entry("feature_extraction.text", "CountVectorizer", countVectorizer, "bits", texts),
  entry("feature_extraction.text", "TfidfVectorizer", tfidfVectorizer, "bounded", texts),
  entry("feature_extraction.text", "TfidfTransformer", tfidfTransformer, "bounded"),
  entry(data, "StandardScaler", standardScaler, "bits"),
  entry(data, "MinMaxScaler", minMaxScaler, "bits"),
  entry(data, "MaxAbsScaler", maxAbsScaler, "bits"),
  entry(data, "RobustScaler", robustScaler, "bits"),
  entry(data, "Normalizer", normalizer, "bounded"),
  entry(data, "Binarizer", binarizer, "bits"),
  entry(data, "PowerTransformer", powerTransformer, "bounded"),
  entry(data, "QuantileTransformer", quantileTransformer, "bounded"),
  entry(
    "preprocessing._polynomial preprocessing._data preprocessing.data",
    "PolynomialFeatures",
    polynomialFeatures,
    "bits",
  ),
  entry("preprocessing._discretization", "KBinsDiscretizer", kBinsDiscretizer, "bits"),
  entry(
    "preprocessing._function_transformer",
    "FunctionTransformer",
    functionTransformer,
    "bounded",
    "functions of NumPy of one array; no functions of your own",
  ),
  entry(encoders, "OneHotEncoder", oneHotEncoder, "bits", oneType),
  entry(encoders, "OrdinalEncoder", ordinalEncoder, "bits", oneType),
  entry("preprocessing._label preprocessing.label", "LabelEncoder", labelEncoder, "bits"),
  entry("preprocessing._target_encoder", "TargetEncoder", targetEncoder, "bits", oneType),
  entry("impute._base impute", "SimpleImputer", simpleImputer, "bits", "a missing string is given as the empty string"),
  entry("impute._base impute", "MissingIndicator", missingIndicator, "bits", "numbers"),
  entry("decomposition._pca decomposition.pca", "PCA", pca, "bounded"),
  entry("decomposition._incremental_pca decomposition.incremental_pca", "IncrementalPCA", pca, "bounded"),
  entry("decomposition._truncated_svd decomposition.truncated_svd", "TruncatedSVD", truncatedSvd, "bounded"),
  entry("decomposition._fastica decomposition.fastica_", "FastICA", fastIca, "bounded"),
  entry(
    "feature_selection._variance_threshold feature_selection.variance_threshold",
    "VarianceThreshold",
    varianceThreshold,
    "bits",
  ),
  entry(univariate, "SelectKBest", selectKBest, "bits"),
  entry(univariate, "SelectPercentile", selectPercentile, "bits"),
  entry(univariate, "SelectFpr", selectFpr, "bits"),
  entry(univariate, "SelectFdr", selectFdr, "bits"),
  entry(univariate, "SelectFwe", selectFwe, "bits"),
  entry(univariate, "GenericUnivariateSelect", genericUnivariateSelect, "bits"),
  entry("feature_selection._from_model feature_selection.from_model", "SelectFromModel", selectFromModel, "bits"),
  entry("feature_selection._sequential", "SequentialFeatureSelector", sequentialSelector, "bits"),
  entry("feature_selection._rfe feature_selection.rfe", "RFE", recursiveElimination, "as its parts"),
  entry("feature_selection._rfe feature_selection.rfe", "RFECV", recursiveElimination, "as its parts"),
];
