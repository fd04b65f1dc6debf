/** One promise of an interface, put to the test. It passes when `run` resolves. */
export interface Case {
  readonly name: string;
  readonly run: () => Promise<void>;
}

/** What a test framework gives: vitest, node:test, mocha, jest and others fit as they are. */
export interface Runner {
  readonly describe?: (name: string, body: () => void) => unknown;
  readonly test: (name: string, body: () => Promise<void>) => unknown;
}

/** Registers every case as a test of the given framework. */
export function runSuite(cases: readonly Case[], { describe, test }: Runner, name = "conformance"): void {
  const register = (): void => {
    for (const { name, run } of cases) test(name, run);
  };
  if (describe) describe(name, register);
  else register();
}
