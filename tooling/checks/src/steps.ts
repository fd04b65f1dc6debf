/** A check; its result is the list of what is wrong, each a full sentence or a tool's own output. */
export interface Step {
  readonly title: string;
  readonly run: () => Promise<readonly string[]>;
}

/** Runs the steps in order, prints one line for each, every fault, and at the end `N passed, N failed`. */
export async function runSteps(steps: readonly Step[]): Promise<void> {
  let failed = 0;
  for (const { title, run } of steps) {
    const start = performance.now();
    const faults = await run().catch((error: unknown) => [
      error instanceof Error ? (error.stack ?? "") : String(error),
    ]);
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    console.log(`${faults.length === 0 ? "ok  " : "FAIL"}  ${title} (${seconds} s)`);
    for (const fault of faults) console.log(indent(fault));
    if (faults.length > 0) failed += 1;
  }
  console.log(`${steps.length - failed} passed, ${failed} failed`);
  if (failed > 0) process.exitCode = 1;
}

function indent(text: string): string {
  return text.trimEnd().replaceAll(/^(?=.)/gm, "      ");
}
