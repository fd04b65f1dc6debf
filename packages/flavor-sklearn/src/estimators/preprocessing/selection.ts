import type { Fitted } from "../../fitted/fitted.js";
import type { Handler } from "../handler.js";

/** Transformers that keep some columns. */
export function selector(support: (fitted: Fitted) => readonly boolean[]): Handler {
  return {
    transform(_drawing, fitted, rows) {
      const mask = support(fitted);
      if (rows.width !== undefined && rows.width !== mask.length)
        throw fitted.wrong("scores_", `tells of ${mask.length} columns, but ${rows.width} reach it`);
      const kept = [...mask.keys()].filter((column) => mask[column] === true);
      if (kept.length === 0) throw fitted.unsupported("support", "it keeps no column at all");
      return rows.select(kept);
    },
  };
}

/** NaN counts as the smallest number. */
function comparable(scores: Float64Array): number[] {
  return Array.from(scores, (score) => (Number.isNaN(score) ? -Number.MAX_VALUE : score));
}

/** Of equal scores the later column wins, as a stable ascending sort read from its end has it. */
function best(scores: Float64Array, count: number): boolean[] {
  const clean = comparable(scores);
  const order = [...clean.keys()].sort((a, b) => clean[a]! - clean[b]! || a - b);
  const kept = new Set(order.slice(order.length - Math.min(count, order.length)));
  return clean.map((_, column) => kept.has(column));
}

export const varianceThreshold: Handler = selector((fitted) => {
  const threshold = fitted.number("threshold", 0);
  return Array.from(fitted.floats("variances_"), (variance) => variance > threshold);
});

const kBest = (fitted: Fitted, attribute: string): boolean[] => {
  const scores = fitted.floats("scores_");
  if (fitted.raw(attribute) === "all") return Array.from(scores, () => true);
  return best(scores, fitted.count(attribute));
};

export const selectKBest: Handler = selector((fitted) => kBest(fitted, "k"));

const percentile = (fitted: Fitted, attribute: string): boolean[] => {
  const percent = fitted.number(attribute);
  const scores = fitted.floats("scores_");
  if (percent === 100) return Array.from(scores, () => true);
  if (percent === 0) return Array.from(scores, () => false);
  const clean = comparable(scores);
  const bound = quantile(clean, 100 - percent);
  const mask = clean.map((score) => score > bound);
  const ties = [...clean.keys()].filter((column) => clean[column] === bound);
  const most = Math.trunc((clean.length * percent) / 100);
  for (const column of ties.slice(0, Math.max(0, most - mask.filter(Boolean).length))) mask[column] = true;
  return mask;
};

export const selectPercentile: Handler = selector((fitted) => percentile(fitted, "percentile"));

/** As numpy.percentile with linear interpolation. */
export function quantile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const place = (percent / 100) * (sorted.length - 1);
  const low = Math.floor(place);
  const share = place - low;
  const [a, b] = [sorted[low]!, sorted[Math.min(low + 1, sorted.length - 1)]!];
  return share >= 0.5 ? b - (b - a) * (1 - share) : a + (b - a) * share;
}

const falsePositive = (fitted: Fitted, alpha: number) => Array.from(fitted.floats("pvalues_"), (p) => p < alpha);

const falseDiscovery = (fitted: Fitted, alpha: number): boolean[] => {
  const values = fitted.floats("pvalues_");
  const sorted = Float64Array.from(values).sort();
  const passed = sorted.filter((p, index) => p <= (alpha / values.length) * (index + 1));
  const largest = passed.at(-1);
  return Array.from(values, (p) => largest !== undefined && p <= largest);
};

const familyWise = (fitted: Fitted, alpha: number) => {
  const values = fitted.floats("pvalues_");
  return Array.from(values, (p) => p < alpha / values.length);
};

export const selectFpr: Handler = selector((fitted) => falsePositive(fitted, fitted.number("alpha")));
export const selectFdr: Handler = selector((fitted) => falseDiscovery(fitted, fitted.number("alpha")));
export const selectFwe: Handler = selector((fitted) => familyWise(fitted, fitted.number("alpha")));

export const genericUnivariateSelect: Handler = selector((fitted) => {
  const mode = fitted.text("mode");
  if (mode === "k_best") return kBest(fitted, "param");
  if (mode === "percentile") return percentile(fitted, "param");
  const rule = { fpr: falsePositive, fdr: falseDiscovery, fwe: familyWise }[mode];
  if (rule === undefined) throw fitted.unsupportedValue("mode");
  return rule(fitted, fitted.number("param"));
});

const supportMask = (fitted: Fitted) => Array.from(fitted.floats("support_"), (each) => each !== 0);

export const sequentialSelector: Handler = selector(supportMask);

/** Recursive elimination: it selects, and predicts with what it selected. */
export const recursiveElimination: Handler = {
  ...selector(supportMask),
  predict(drawing, fitted, rows) {
    const kept = [...supportMask(fitted).entries()].filter((entry) => entry[1]).map((entry) => entry[0]);
    return drawing.predict(fitted.estimator("estimator_", "estimator"), rows.select(kept));
  },
};
