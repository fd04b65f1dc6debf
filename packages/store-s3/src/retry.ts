import { throwIfAborted } from "@modelkeep/core";
import { setTimeout as sleep } from "node:timers/promises";
import { classify } from "./failure.js";

export interface RetryPolicy {
  readonly attempts: number;
  /** Milliseconds. */
  readonly firstDelay: number;
  readonly longestDelay: number;
}

/** Runs until it succeeds, fails for good, or has been tried often enough. For operations that may be done twice. */
export async function withRetries<T>(
  policy: RetryPolicy,
  signal: AbortSignal | undefined,
  attempt: () => Promise<T>,
): Promise<T> {
  for (let failures = 0; ;) {
    throwIfAborted(signal);
    try {
      return await attempt();
    } catch (error) {
      throwIfAborted(signal);
      if (!classify(error).transient || ++failures >= policy.attempts) throw error;
      await backOff(policy, failures, signal);
    }
  }
}

/**
 * Waits before the next try: a random time up to a bound that doubles, so that clients which failed together do not come
 * back together ("full jitter", https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
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
