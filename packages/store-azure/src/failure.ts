import { isModelkeepError, ModelkeepError } from "@modelkeep/core";

export interface Failure {
  /** The service's word for it, or that of the system. */
  readonly code: string;
  readonly status: number | undefined;
  /** The request may have been carried out. */
  readonly uncertain: boolean;
}

/** Some answers with a condition say 409, some 412: both mean that something is there. */
const taken = new Set(["BlobAlreadyExists", "ConditionNotMet", "UnauthorizedBlobOverwrite"]);

export function classify(error: unknown): Failure {
  const { code, statusCode, name, details } = (typeof error === "object" && error !== null ? error : {}) as {
    code?: unknown;
    statusCode?: unknown;
    name?: unknown;
    details?: { errorCode?: unknown };
  };
  const status = typeof statusCode === "number" ? statusCode : undefined;
  const word = [details?.errorCode, code, name].find((each) => typeof each === "string" && each !== "");
  const uncertain = !isModelkeepError(error) && (status === undefined ? isNetwork(word) : status >= 500);
  return { code: (word as string | undefined) ?? "unknown", status, uncertain };
}

function isNetwork(word: unknown): boolean {
  return typeof word === "string" && /^(?:E[A-Z]+|REQUEST_SEND_ERROR|PARSE_ERROR|RestError|TimeoutError)$/u.test(word);
}

export function isTaken({ code, status }: Failure): boolean {
  return taken.has(code) || status === 412;
}

export function isMissing({ code, status }: Failure): boolean {
  return status === 404 && code !== "ContainerNotFound";
}

/** An error of the service or the way to it, as a sentence that says what to do. */
export function explain(error: unknown, doing: string, where: string): unknown {
  if (isModelkeepError(error) || !(error instanceof Error)) return error;
  const { code, status } = classify(error);
  if (status === undefined && code === "unknown") return error;
  const [ours, advice] =
    code === "ContainerNotFound"
      ? ["not_found", "make the container first: modelkeep store init"]
      : status === 401 || status === 403
        ? ["refused", "look at the credentials and their rights"]
        : status === undefined || status >= 500
          ? ["io_error", "is the account's name right, and the service reachable?"]
          : ["io_error", "the service refuses it"];
  const [message = code] = error.message.split("\n");
  return new ModelkeepError(ours, `[azure] Could not ${doing} in ${where}: ${message} (${code}); ${advice}`, {
    cause: error,
    details: { code, ...(status !== undefined && { status }) },
  });
}
