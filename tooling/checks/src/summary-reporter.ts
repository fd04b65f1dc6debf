import type { Reporter, TestCase, TestModule } from "vitest/node";

/**
 * Ends a run with what did not run and why, and then `N passed, N failed` alone on the last line.
 *
 * A test that needs a server or another tool says so in its title, "(needs MODELKEEP_TEST_S3_ENDPOINT)", or
 * "(only on win32)" for a platform. With MODELKEEP_TEST_NO_SKIPS=1 a skip for any reason but the platform is a failure.
 */
export class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const inState = (state: string) => tests.filter((test) => test.result().state === state);
    const skipped = inState("skipped");
    const broken = modules.filter((module) => module.errors().length > 0);
    // A suite whose own set-up fails leaves its tests skipped: that is a failure, not a skip.
    const suites = modules
      .flatMap((module) => [...module.children.allSuites()])
      .filter((suite) => suite.errors().length > 0);
    const failed = inState("failed").length + broken.length + suites.length + unhandledErrors.length;

    for (const line of describeSkips(skipped.map(skipOf))) console.log(line);
    const unexpected = skipped.filter((test) => !/\(only on [^)]+\)/.test(test.fullName));
    if (process.env.MODELKEEP_TEST_NO_SKIPS === "1" && unexpected.length > 0) {
      console.log(`${unexpected.length} tests were skipped, and nothing may be skipped here.`);
      process.exitCode = 1;
    }
    const skips = skipped.length > 0 ? `, ${skipped.length} skipped` : "";
    console.log(`${inState("passed").length} passed, ${failed} failed${skips}`);
  }
}

interface Skip {
  readonly file: string;
  /** The outermost title that says what is missing, or else the test's own. */
  readonly title: string;
}

function skipOf(test: TestCase): Skip {
  const titles = test.fullName.split(" > ");
  return {
    file: test.module.relativeModuleId,
    title: titles.find((title) => /\((needs|only on) /.test(title)) ?? test.fullName,
  };
}

/** One line per suite that was skipped, with the count of its tests. */
export function describeSkips(skips: readonly Skip[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const { file, title } of skips) {
    const line = `Not run: ${title} [${file}]`;
    counts.set(line, (counts.get(line) ?? 0) + 1);
  }
  return [...counts].map(([line, count]) => `${line}: ${count} ${count === 1 ? "test" : "tests"}`);
}
