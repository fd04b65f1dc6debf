import type { Suite } from "./reliability-suites.js";

export interface Outcome {
  readonly suite: Suite;
  /** What its tests counted: "histories" and the like. */
  readonly counts: Readonly<Record<string, number>>;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly seconds: number;
}

const head = "| what | how much | tests passed | failed | not run here | time | run |";

/** The table with a line for each suite: of those that ran now the new one, of others the one that was there. */
export function reliabilityTable(
  suites: readonly Suite[],
  outcomes: readonly Outcome[],
  run: string,
  before = "",
): string {
  const lines = suites.map((suite) => {
    const outcome = outcomes.find((each) => each.suite === suite);
    if (outcome !== undefined) return lineOf(outcome, run);
    return before.split("\n").find((line) => line.startsWith(`| ${suite.title} |`));
  });
  return [head, head.replaceAll(/[^|]+/gu, "---"), ...lines.filter((line) => line !== undefined)].join("\n");
}

function lineOf({ suite, counts, passed, failed, skipped, seconds }: Outcome, run: string): string {
  const counted = Object.entries(counts).map(([what, number]) => `${number.toLocaleString("en")} ${what}`);
  const time = seconds < 90 ? `${Math.round(seconds)} s` : `${(seconds / 60).toFixed(1)} min`;
  const much = [...(suite.size === undefined ? [] : [suite.size]), ...counted].join(", ");
  return `| ${suite.title} | ${much} | ${passed} | ${failed} | ${skipped} | ${time} | ${run} |`;
}
