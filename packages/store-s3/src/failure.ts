/** What a failed request means for the next step. */
export interface Failure {
  /** S3's code ("SlowDown"), the network's ("ECONNRESET"), or the error's name. */
  readonly code: string;
  /** Of HTTP, when there was an answer. */
  readonly status: number | undefined;
  /** Trying again may help. */
  readonly transient: boolean;
  /** The service may have done what it was asked to do. */
  readonly uncertain: boolean;
}

/** Refused before anything was done, and welcome again later. */
const notNow = new Set([
  "SlowDown",
  "ServiceUnavailable",
  "RequestTimeout",
  "Throttling",
  "ThrottlingException",
  "TooManyRequests",
  "TooManyRequestsException",
  "RequestLimitExceeded",
  "BandwidthLimitExceeded",
  "OperationAborted",
  "ConditionalRequestConflict",
  "ECONNREFUSED",
  "EAI_AGAIN",
]);

/** Answers of services that keep keys as files and folders: "a/b" cannot be where "a" is, and trying again does not help. */
const inTheWay = new Set([
  "ObjectParentIsFile",
  "ExistingObjectIsDirectory",
  "XMinioParentIsObject",
  "XMinioObjectExistsAsDirectory",
]);

/** There is no such object, as far as an answer with a body tells. */
export function isMissing({ code }: Failure): boolean {
  return code === "NoSuchKey" || code === "NotFound";
}

export function isInTheWay({ code }: Failure): boolean {
  return inTheWay.has(code);
}

/** The connection went away; how far the request had come is not known. */
const lost = new Set([
  "ECONNRESET",
  "ECONNABORTED",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENETDOWN",
  "ERR_STREAM_PREMATURE_CLOSE",
  "TimeoutError",
  "UND_ERR_SOCKET",
]);

export function classify(error: unknown): Failure {
  const { name, code, Code, $metadata } = (typeof error === "object" && error !== null ? error : {}) as ServiceError;
  const status = $metadata?.httpStatusCode;
  const words = [Code, code, name].filter((value): value is string => typeof value === "string" && value !== "Error");
  const word = words[0] ?? "unknown";
  if (inTheWay.has(word)) return { code: word, status, transient: false, uncertain: false };
  if (notNow.has(word) || status === 429 || status === 503 || status === 409)
    return { code: word, status, transient: true, uncertain: false };
  if (lost.has(word) || name === "TimeoutError" || word.startsWith("HPE_"))
    return { code: word, status, transient: true, uncertain: true };
  if (status !== undefined && status >= 500 && status !== 501)
    return { code: word, status, transient: true, uncertain: true };
  // S3 may begin its answer with 200 and then fail; the client reports what stood in the body.
  if (word === "InternalError") return { code: word, status, transient: true, uncertain: true };
  // An answer that cannot be understood may still have been a yes; without an answer nothing had been sent.
  return { code: word, status, transient: false, uncertain: status !== undefined && status < 400 };
}

interface ServiceError {
  readonly name?: unknown;
  readonly code?: unknown;
  readonly Code?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number };
}
