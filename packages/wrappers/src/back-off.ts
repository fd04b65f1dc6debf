import { setTimeout as sleep } from "node:timers/promises";
import { throwIfAborted } from "@modelkeep/core";

/** How often something is tried, and how soon again. Default of `retried`: 5 times, 100 ms, 5,000 ms. */
export interface RetryPolicy {
  /** In all, the first one included. */
  readonly attempts: number;
  /** Milliseconds: the first wait is at most this long, each further one twice as long as the one before. */
  readonly firstDelay: number;
  readonly longestDelay: number;
}

/**
 * Waits before another try: a random time up to a bound that doubles, so that those who failed together do not come back
 * together ("full jitter", https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
 */
export async function backOff(policy: RetryPolicy, failures: number, signal: AbortSignal | undefined): Promise<void> {
  const bound = Math.min(policy.firstDelay * 2 ** (failures - 1), policy.longestDelay);
  try {
    await sleep(Math.random() * bound, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    throwIfAborted(signal);
    throw error;
  }
}
