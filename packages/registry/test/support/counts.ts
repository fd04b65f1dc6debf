import { TestRunner } from "vitest";

/** Adds to what a test says of how much it did: `npm run reliability` shows the sums. */
export function count(what: string, by = 1): void {
  const meta = TestRunner.getCurrentTest()?.meta as { counts?: Record<string, number> } | undefined;
  if (meta === undefined) throw new TypeError("Only a running test counts");
  meta.counts = { ...meta.counts, [what]: (meta.counts?.[what] ?? 0) + by };
}
