import { backOff, type BackOffDelays, isModelkeepError, throwIfAborted } from "@modelkeep/core";

/** How often something is tried, and how soon again. Default of `retried`: 5 times, 100 ms, 5,000 ms. */
export interface RetryPolicy extends BackOffDelays {
  /** In all, the first one included. */
  readonly attempts: number;
}

/** What is tried again, how often and how soon. */
export interface RetryOptions extends Partial<RetryPolicy> {
  /** Whether trying again may help. Default: `io_error` and `unknown_outcome`, which say that a disk, a network or a service failed. */
  readonly isTransient?: ((error: unknown) => boolean) | undefined;
}

/** Counts failures, and waits between them. */
export class Attempts {
  readonly #policy: RetryPolicy;
  readonly #isTransient: (error: unknown) => boolean;
  #failures = 0;

  constructor({ attempts = 5, firstDelay = 100, longestDelay = 5000, isTransient = isFailureOfStore }: RetryOptions) {
    this.#policy = { attempts, firstDelay, longestDelay };
    this.#isTransient = isTransient;
  }

  /** Returns when there is to be another attempt; throws the error when there is not. */
  async after(error: unknown, signal: AbortSignal | undefined, transient = this.#isTransient(error)): Promise<void> {
    throwIfAborted(signal);
    if (!transient || ++this.#failures >= this.#policy.attempts) throw error;
    await backOff(this.#policy, this.#failures, signal);
  }

  /** Something got on: what fails from now on fails for the first time. */
  reset(): void {
    this.#failures = 0;
  }
}

/** Runs until it succeeds, fails for good, or has been tried often enough: for what may be done twice. */
export async function attempted<T>(
  options: RetryOptions,
  signal: AbortSignal | undefined,
  attempt: () => Promise<T>,
): Promise<T> {
  const attempts = new Attempts(options);
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      await attempts.after(error, signal);
    }
  }
}

function isFailureOfStore(error: unknown): boolean {
  return isModelkeepError(error, "io_error") || isModelkeepError(error, "unknown_outcome");
}
