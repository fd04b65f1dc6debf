import { backOff, type BackOffDelays, throwIfAborted } from "@modelkeep/core";
import { classify } from "./failure.js";

export interface RetryPolicy extends BackOffDelays {
  readonly attempts: number;
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
