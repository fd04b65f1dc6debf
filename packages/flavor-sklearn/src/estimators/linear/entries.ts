import { entry } from "../entry.js";
import { linearDiscriminantAnalysis, quadraticDiscriminantAnalysis } from "./discriminant.js";
import {
  linearClassifier,
  linearRegressor,
  logisticRegression,
  ridgeClassifier,
  sgdClassifier,
  tweedieLink,
} from "./linear.js";

const regressor = linearRegressor();
const generalised = linearRegressor(tweedieLink);

/** Regressors that are coef_ and intercept_ and nothing more: where they lie, and their names. */
const plainRegressors: readonly (readonly [modules: string, names: string])[] = [
  ["linear_model._base linear_model.base", "LinearRegression"],
  ["linear_model._ridge linear_model.ridge", "Ridge RidgeCV"],
  [
    "linear_model._coordinate_descent linear_model.coordinate_descent",
    "Lasso LassoCV ElasticNet ElasticNetCV MultiTaskLasso MultiTaskLassoCV MultiTaskElasticNet MultiTaskElasticNetCV",
  ],
  ["linear_model._least_angle linear_model.least_angle", "Lars LarsCV LassoLars LassoLarsCV LassoLarsIC"],
  ["linear_model._omp linear_model.omp", "OrthogonalMatchingPursuit OrthogonalMatchingPursuitCV"],
  ["linear_model._bayes linear_model.bayes", "BayesianRidge ARDRegression"],
  ["linear_model._huber linear_model.huber", "HuberRegressor"],
  ["linear_model._theil_sen linear_model.theil_sen", "TheilSenRegressor"],
  ["linear_model._stochastic_gradient linear_model.stochastic_gradient", "SGDRegressor"],
  ["linear_model._passive_aggressive linear_model.passive_aggressive", "PassiveAggressiveRegressor"],
  ["linear_model._quantile", "QuantileRegressor"],
  ["svm._classes svm.classes", "LinearSVR"],
];

export const linearEntries = [
  ...plainRegressors.flatMap(([modules, names]) =>
    names.split(" ").map((name) => entry(modules, name, regressor, "bounded")),
  ),
  ...["PoissonRegressor", "GammaRegressor", "TweedieRegressor"].map((name) =>
    entry("linear_model._glm.glm", name, generalised, "bounded"),
  ),
  entry("linear_model._logistic linear_model.logistic", "LogisticRegression", logisticRegression, "bounded"),
  entry("linear_model._logistic linear_model.logistic", "LogisticRegressionCV", logisticRegression, "bounded"),
  entry(
    "linear_model._stochastic_gradient linear_model.stochastic_gradient",
    "SGDClassifier",
    sgdClassifier,
    "bounded",
  ),
  entry("linear_model._perceptron linear_model.perceptron", "Perceptron", linearClassifier, "bounded"),
  entry(
    "linear_model._passive_aggressive linear_model.passive_aggressive",
    "PassiveAggressiveClassifier",
    linearClassifier,
    "bounded",
  ),
  entry("linear_model._ridge linear_model.ridge", "RidgeClassifier", ridgeClassifier, "bounded", "one label per row"),
  entry("linear_model._ridge linear_model.ridge", "RidgeClassifierCV", ridgeClassifier, "bounded", "one label per row"),
  entry("svm._classes svm.classes", "LinearSVC", linearClassifier, "bounded"),
  entry("discriminant_analysis", "LinearDiscriminantAnalysis", linearDiscriminantAnalysis, "bounded"),
  entry("discriminant_analysis", "QuadraticDiscriminantAnalysis", quadraticDiscriminantAnalysis, "bounded"),
];
