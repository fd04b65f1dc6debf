import { type ChildProcess, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";

import { ModelkeepError } from "../errors.js";
import type { CallOptions } from "../store.js";

/** What the process runs, and how much it may take. */
export interface FreshProcessOptions extends CallOptions {
  /** A `file:` URL of an ES module that exports `main(input)`, which gives JSON or a promise of it. */
  readonly module: string | URL;
  /** JSON. */
  readonly input: unknown;
  readonly folder?: string;
  /** Milliseconds. Default one minute; beyond it, `limit_exceeded`. */
  readonly timeout?: number;
  /** MiB of JavaScript heap. Default 512. */
  readonly memory?: number;
  /** Flags of node, such as `--conditions=…`. None are inherited. */
  readonly nodeOptions?: readonly string[];
  /** Added to the few variables that are passed on. */
  readonly environment?: Readonly<Record<string, string>>;
}

const program = `
import { readFileSync, writeFileSync } from "node:fs";
const { module, input } = JSON.parse(readFileSync(0, "utf8"));
let answer;
try {
  const { main } = await import(module);
  answer = { value: await main(input) };
} catch (error) {
  const { code, message, details } = error ?? {};
  answer = { error: { code: typeof code === "string" ? code : undefined, message: message ?? String(error), details } };
}
writeFileSync(3, JSON.stringify(answer));
process.exit(0);
`;

/** The rest stays behind: a fresh process shows that nothing of this one is needed. */
const passedOn = ["PATH", "HOME", "TMPDIR", "TEMP", "TMP", "LANG", "LC_ALL", "SystemRoot", "USERPROFILE"];
const answerLimit = 64 << 20;
const complaintLimit = 4_000;

/**
 * Runs a module in a new node process and gives what its `main` returns. An error there is an error here, with its code;
 * a process that crashes, as native code can, is `io_error` and harms nobody.
 */
export async function runFresh(options: FreshProcessOptions): Promise<unknown> {
  const { signal, timeout = 60_000, memory = 512, nodeOptions = [] } = options;
  const child = spawn(
    process.execPath,
    [`--max-old-space-size=${memory}`, ...nodeOptions, "--input-type=module", "--eval", program],
    {
      cwd: options.folder,
      env: { ...inherited(), ...options.environment },
      stdio: ["pipe", "ignore", "pipe", "pipe"],
      windowsHide: true,
    },
  );
  const exit = exited(child);
  const complaint = read(child.stderr!, complaintLimit, "cut");
  const answer = read(child.stdio[3] as Readable, answerLimit, "refuse");
  const stop = stopper(child, timeout, signal);
  try {
    give(child.stdin!, JSON.stringify({ module: String(options.module), input: options.input }));
    const [outcome, said, text] = await Promise.all([exit, complaint, answer]);
    const stopped = stop.reason();
    if (stopped !== undefined) throw stopped;
    if (text === "") throw crashed(outcome, said);
    return parse(text);
  } finally {
    stop.clear();
    child.kill("SIGKILL");
  }
}

function parse(text: string): unknown {
  const { value, error } = JSON.parse(text) as {
    value?: unknown;
    error?: { code?: string; message: string; details?: Record<string, unknown> };
  };
  if (error === undefined) return value;
  throw new ModelkeepError(error.code ?? "io_error", error.message, error.details ? { details: error.details } : {});
}

interface Outcome {
  readonly code: number | null;
  readonly signal: string | null;
}

function exited(child: ChildProcess): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    child.on("error", (cause) =>
      reject(new ModelkeepError("io_error", `A new process could not be started: ${cause.message}`, { cause })),
    );
    child.on("close", (code, signal) => resolve({ code, signal }));
  });
}

function crashed({ code, signal }: Outcome, said: string): ModelkeepError {
  const how = signal === null ? `ended with code ${code}` : `was ended by ${signal}`;
  const why = said.includes("heap out of memory") ? ": it ran out of memory" : said === "" ? "" : `: ${said.trim()}`;
  return new ModelkeepError("io_error", `The new process ${how} without an answer${why}`, {
    details: { code, signal },
  });
}

/** Kills the process when its time is over or the caller wants no more. */
function stopper(
  child: ChildProcess,
  timeout: number,
  signal: AbortSignal | undefined,
): { reason(): ModelkeepError | undefined; clear(): void } {
  let reason: ModelkeepError | undefined;
  const stop = (why: ModelkeepError) => {
    reason ??= why;
    child.kill("SIGKILL");
  };
  const timer = setTimeout(
    () => stop(new ModelkeepError("limit_exceeded", `The new process gave no answer within ${timeout} ms`)),
    timeout,
  );
  const abort = () =>
    stop(new ModelkeepError("aborted", "The operation was aborted by its caller", { cause: signal?.reason }));
  if (signal?.aborted) abort();
  signal?.addEventListener("abort", abort, { once: true });
  return {
    reason: () => reason,
    clear() {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    },
  };
}

async function read(stream: Readable, limit: number, beyond: "cut" | "refuse"): Promise<string> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of stream as AsyncIterable<Uint8Array>) {
    size += piece.length;
    if (size <= limit) pieces.push(piece);
    else if (beyond === "refuse")
      throw new ModelkeepError("limit_exceeded", `The new process answered with more than ${limit} bytes`);
  }
  return Buffer.concat(pieces).toString("utf8");
}

/** A process that dies early does not read what it is given: its exit tells. */
function give(stream: Writable, text: string): void {
  stream.on("error", () => {});
  stream.end(text);
}

function inherited(): Record<string, string> {
  const entries = passedOn.map((name) => [name, process.env[name]] as const);
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== undefined));
}
