import { throwIfAborted } from "./errors.js";

/** How long to wait before something is tried again, in milliseconds. */
export interface BackOffDelays {
  /** The first wait is at most this long, each further one twice as long as the one before. */
  readonly firstDelay: number;
  readonly longestDelay: number;
}

/**
 * Waits before another try, after so many failures: a random time up to a bound that doubles, so that those who failed together do
 * not come back together ("full jitter", https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
 */
export async function backOff(
  { firstDelay, longestDelay }: BackOffDelays,
  failures: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  throwIfAborted(signal);
  const bound = Math.min(firstDelay * 2 ** (failures - 1), longestDelay);
  await new Promise<void>((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, Math.random() * bound);
    signal?.addEventListener("abort", end, { once: true });
  });
  throwIfAborted(signal);
}
