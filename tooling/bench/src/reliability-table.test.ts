import { expect, test } from "vitest";

import type { Suite } from "./reliability-suites.js";
import { type Outcome, reliabilityTable } from "./reliability-table.js";

const [first, second, third] = ["First", "Second", "Third"].map((title): Suite => ({ title, files: [] }));
const outcome = (suite: Suite, passed: number): Outcome => ({
  suite,
  counts: { histories: 12_345, faults: 6 },
  passed,
  failed: 0,
  skipped: 1,
  seconds: 100,
});

test("a run of some suites keeps the lines of the others, each with its own date", () => {
  const suites = [first!, second!, third!];
  const before = reliabilityTable(suites, [outcome(first!, 1), outcome(third!, 2)], "2026-01-01");
  const after = reliabilityTable(suites, [outcome(second!, 3), outcome(third!, 4)], "2026-02-02", before);
  expect(after.split("\n")).toEqual([
    "| what | how much | tests passed | failed | not run here | time | run |",
    "|---|---|---|---|---|---|---|",
    "| First | 12,345 histories, 6 faults | 1 | 0 | 1 | 1.7 min | 2026-01-01 |",
    "| Second | 12,345 histories, 6 faults | 3 | 0 | 1 | 1.7 min | 2026-02-02 |",
    "| Third | 12,345 histories, 6 faults | 4 | 0 | 1 | 1.7 min | 2026-02-02 |",
  ]);
});

test("a suite that is no more takes its line with it", () => {
  const before = reliabilityTable([first!, second!], [outcome(first!, 1), outcome(second!, 2)], "2026-01-01");
  expect(reliabilityTable([second!], [], "2026-02-02", before)).not.toContain("First");
});
