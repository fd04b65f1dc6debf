import { isModelkeepError, ModelkeepError } from "@modelkeep/core";

/** What went wrong, and what follows from it. */
export interface Failure {
  /** SQLSTATE, or the code of the system's error. */
  readonly code: string;
  /** It may work when it is tried again. */
  readonly transient: boolean;
  /** Whether the statement was carried out is not known. */
  readonly uncertain: boolean;
}

/** Nothing was done: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const notDone = new Set([
  "40001", // serialization failure
  "40P01", // deadlock
  "55P03", // lock not available
  "57P03", // starting up
  "53300", // too many connections
  "53400",
  "ECONNREFUSED",
  "EAI_AGAIN",
]);

/** The connection went away; how far the statement had come is not known. */
const lost = new Set([
  "57P01", // the server shuts down
  "57P02", // another server process crashed
  "57P05",
  "57014", // cancelled, by a timeout of the server or by somebody
  "25P03", // the transaction stood idle for too long
  "ECONNRESET",
  "ECONNABORTED",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
]);

export function classify(error: unknown): Failure {
  if (isModelkeepError(error)) return { code: "ours", transient: false, uncertain: false };
  const { code, message = "" } = (typeof error === "object" && error !== null ? error : {}) as {
    code?: unknown;
    message?: string;
  };
  if (typeof code === "string") {
    if (notDone.has(code)) return { code, transient: true, uncertain: false };
    if (lost.has(code) || code.startsWith("08")) return { code, transient: true, uncertain: true };
    return { code, transient: false, uncertain: false };
  }
  // pg's own errors have no code.
  if (/timeout exceeded when trying to connect/iu.test(message))
    return { code: "connect", transient: true, uncertain: false };
  if (/connection terminated|query read timeout|client has encountered a connection error/iu.test(message))
    return { code: "connection", transient: true, uncertain: true };
  return { code: "unknown", transient: false, uncertain: false };
}

/** An error of the server or the way to it, as a sentence that says what to do. */
export function explain(error: unknown, doing: string, schema: string): unknown {
  const { code, transient } = classify(error);
  if (code === "unknown" || code === "ours") return error;
  const [ours, advice] =
    troubles[code] ?? (transient ? ["io_error", "try again later"] : ["io_error", "ask who runs the server"]);
  const { message } = error as Error;
  return new ModelkeepError(
    ours,
    `[postgres] Could not ${doing}: ${message || code}; ${advice.replace("SCHEMA", schema)}`,
    { cause: error, details: { sqlstate: code } },
  );
}

const absent = [
  "not_found",
  "there is no store in the schema SCHEMA yet: make one with `modelkeep store init`",
] as const;
const troubles: Readonly<Record<string, readonly [code: string, advice: string]>> = {
  "42P01": absent,
  "3F000": absent,
  "3D000": ["not_found", "the database has to be there"],
  "28000": ["refused", "look at the user and at pg_hba.conf"],
  "28P01": ["refused", "look at PGPASSWORD or ~/.pgpass"],
  "42501": ["refused", "the role lacks the right: see Permissions in the README"],
  "25006": ["refused", "the server or the role may only read"],
  "53100": ["io_error", "make room on the server's disk"],
  ECONNREFUSED: ["io_error", "is the server running, and is the host and port right?"],
  ENOTFOUND: ["io_error", "look at the name of the host"],
};
