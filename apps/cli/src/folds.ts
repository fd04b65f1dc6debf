/** Scores of a cross-validation: how many folds, their mean and how far they lie from it. */
export function foldsText(scores: readonly number[] | undefined): string {
  if (scores === undefined || scores.length === 0) return "none";
  const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
  const spread = Math.sqrt(scores.reduce((sum, score) => sum + (score - mean) ** 2, 0) / scores.length);
  return `${Number(mean.toPrecision(4))} ± ${Number(spread.toPrecision(2))} in ${scores.length} folds`;
}
