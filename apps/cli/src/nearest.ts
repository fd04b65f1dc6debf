/** The word that differs from the given one in at most two letters, if any. */
export function nearest(word: string, words: readonly string[]): string | undefined {
  const scored = words
    .map((each) => ({ each, distance: distance(word, each) }))
    .toSorted((a, b) => a.distance - b.distance);
  return scored[0] !== undefined && scored[0].distance <= 2 ? scored[0].each : undefined;
}

/** Levenshtein's distance. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length]!;
}
