import type { Fitted } from "../../fitted/fitted.js";
import { featureImportances } from "../trees/importances.js";
import { quantile, selector } from "./selection.js";

/** By coefficients or importances of the estimator within, against a threshold. */
export const selectFromModel = selector((fitted) => {
  const own = fitted.boolean("prefit", false) && !fitted.has("estimator_") ? "estimator" : "estimator_";
  const estimator = fitted.estimator(own, "estimator");
  if (fitted.isSet("importance_getter") && fitted.raw("importance_getter") !== "auto")
    throw fitted.unsupportedValue("importance_getter");
  const scores = estimator.has("coef_") ? coefficientNorms(fitted, estimator) : featureImportances(estimator);
  const threshold = fitted.has("threshold_")
    ? fitted.number("threshold_")
    : importanceThreshold(fitted, estimator, scores);
  const mask = scores.map((score) => score >= threshold);
  if (!fitted.isSet("max_features")) return mask;
  const most = fitted.count(fitted.either("max_features_", "max_features"));
  const best = new Set([...scores.keys()].sort((a, b) => scores[b]! - scores[a]! || a - b).slice(0, most));
  return mask.map((kept, column) => kept && best.has(column));
});

/** The norm of each column's coefficients. */
function coefficientNorms(fitted: Fitted, estimator: Fitted): number[] {
  const order = fitted.number("norm_order", 1);
  const { shape, data } = estimator.array("coef_");
  const [count, features] = shape.length === 1 ? [1, shape[0]!] : [shape[0]!, shape[1]!];
  return Array.from({ length: features }, (_, column) => {
    const own = Array.from({ length: count }, (__, row) => Math.abs(data[row * features + column]!));
    if (count === 1) return own[0]!;
    if (order === Number.POSITIVE_INFINITY) return Math.max(...own);
    return own.reduce((sum, value) => sum + value ** order, 0) ** (1 / order);
  });
}

/** "1.25*mean", "median", a number; by default the mean, or next to nothing for models that shrink to zero. */
function importanceThreshold(fitted: Fitted, estimator: Fitted, scores: readonly number[]): number {
  const scalar = fitted.isSet("threshold") ? fitted.scalar("threshold") : undefined;
  if (typeof scalar === "number") return scalar;
  if (scalar === undefined && shrinksToZero(estimator)) return 1e-5;
  const parts = /^(?:([0-9.eE+-]+)\s*\*\s*)?(mean|median)$/u.exec(String(scalar ?? "mean").trim());
  if (parts === null) throw fitted.unsupportedValue("threshold");
  const reference =
    parts[2] === "mean" ? scores.reduce((sum, score) => sum + score, 0) / scores.length : quantile(scores, 50);
  return Number(parts[1] ?? 1) * reference;
}

function shrinksToZero(estimator: Fitted): boolean {
  if (estimator.raw("penalty") === "l1" || estimator.name.includes("Lasso")) return true;
  const share = estimator.name === "ElasticNetCV" ? "l1_ratio_" : "l1_ratio";
  return (
    (estimator.name.startsWith("ElasticNet") || estimator.name === "LogisticRegression") && estimator.raw(share) === 1
  );
}
