import { isModelkeepError, ModelkeepError } from "@modelkeep/core";

export interface Failure {
  readonly status: number | undefined;
  /** The request may have been carried out. */
  readonly uncertain: boolean;
}

export function classify(error: unknown): Failure {
  const { code, status, type } = (typeof error === "object" && error !== null ? error : {}) as {
    code?: unknown;
    status?: unknown;
    /** Of an error of the client's `fetch`. */
    type?: unknown;
  };
  const found = [code, status].map(Number).find((each) => Number.isInteger(each) && each >= 100);
  if (found !== undefined) return { status: found, uncertain: found >= 500 || found === 408 || found === 429 };
  return {
    status: undefined,
    uncertain:
      !isModelkeepError(error) &&
      ((typeof code === "string" && /^E[A-Z]+$/u.test(code)) || type === "body-timeout" || type === "request-timeout"),
  };
}

/** Nothing has come, or gone, for longer than the store waits. */
export function silence(milliseconds: number): Error {
  return Object.assign(new Error(`The connection was silent for ${milliseconds / 1000} s`), { code: "ETIMEDOUT" });
}

/** An error of the service or the way to it, as a sentence that says what to do. */
export function explain(error: unknown, doing: string, bucket: string): unknown {
  if (isModelkeepError(error) || !(error instanceof Error)) return error;
  const { status, uncertain } = classify(error);
  if (status === undefined && !uncertain) return error;
  const [code, advice] =
    status === 401 || status === 403
      ? ["refused", "look at the credentials and their rights"]
      : status === 404
        ? ["not_found", "is there such a bucket?"]
        : ["io_error", "is the service reachable?"];
  return new ModelkeepError(code, `[gcs] Could not ${doing} in the bucket ${bucket}: ${error.message}; ${advice}`, {
    cause: error,
    details: { ...(status !== undefined && { status }) },
  });
}
