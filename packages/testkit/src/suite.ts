/** One promise of an interface, put to the test. It passes when `run` resolves. */
export interface Case {
  readonly name: string;
  readonly run: () => Promise<void>;
}

/** What a test framework gives: vitest, node:test, mocha, jest and others fit as they are. */
export interface Runner {
  readonly describe?: (name: string, body: () => void) => unknown;
  readonly test: (name: string, body: () => Promise<void>, timeout?: number) => unknown;
}

/** What the suite is called, and how long a case may take. */
export interface RunSuiteOptions {
  /** Default "conformance". */
  readonly name?: string;
  /** Milliseconds for each case, where the framework takes them as the third argument of `test`. */
  readonly timeout?: number;
}

/** Registers every case as a test of the given framework. */
export function runSuite(cases: readonly Case[], { describe, test }: Runner, options: RunSuiteOptions = {}): void {
  const { name = "conformance", timeout } = options;
  const register = (): void => {
    for (const { name, run } of cases) {
      if (timeout === undefined) test(name, run);
      else test(name, run, timeout);
    }
  };
  if (describe) describe(name, register);
  else register();
}
