import type { PageResult } from "./page-runner.js";

/** Prints what failed and what was skipped, then `N passed, N failed` alone on a line, and sets the exit code. */
export function reportPages(results: readonly PageResult[]): void {
  const failures = results.flatMap((result) => result.failures);
  const skipped = results.flatMap((result) => result.skipped);
  for (const failure of failures) console.log(`FAIL  ${failure}\n`);
  for (const block of skipped) console.log(`Not run: ${block}`);
  const passed = results.reduce((sum, result) => sum + result.passed, 0);
  console.log(`${passed} passed, ${failures.length} failed${skipped.length > 0 ? `, ${skipped.length} skipped` : ""}`);
  const forbiddenSkips = process.env.MODELKEEP_TEST_NO_SKIPS === "1" && skipped.length > 0;
  if (failures.length > 0 || forbiddenSkips) process.exitCode = 1;
}
