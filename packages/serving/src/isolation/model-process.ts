import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { ModelkeepError } from "@modelkeep/core";

import type { FromChild, ToChild } from "./messages.js";

export interface ProcessLimits {
  readonly script: URL | string;
  readonly arguments: readonly string[];
  readonly memoryMiB: number;
}

type Reply = Exclude<FromChild, { readonly kind: "error" }>;

/** The rest of the environment stays behind: a model needs no credentials. */
const passedOn = ["PATH", "HOME", "TMPDIR", "TEMP", "TMP", "LANG", "LC_ALL", "SystemRoot", "USERPROFILE"];
const complaintLimit = 4_000;
/** Of JavaScript in the process: its own, and the watchdog. */
const threads = 2;
const outOfMemory =
  /out of memory|bad_alloc|allocation failed|cannot allocate memory|memory_allocation_failed|std::length_error/iu;

/** A process that answers one message at a time. Whatever ends it - itself, a signal, a limit - is an error of the message at hand. */
export class ModelProcess {
  readonly #child: ChildProcess;
  readonly #memory: number;
  readonly #exited: Promise<void>;
  #complaint = "";
  #waits = 0;
  #ended: ModelkeepError | undefined;
  #stopping: ModelkeepError | undefined;
  #waiting: { readonly resolve: (reply: Reply) => void; readonly reject: (error: Error) => void } | undefined;

  constructor({ script, arguments: given, memoryMiB }: ProcessLimits) {
    this.#memory = memoryMiB;
    const file = typeof script === "string" ? script : fileURLToPath(script);
    const [command, ...words] = limited(
      [process.execPath, `--max-old-space-size=${heapOf(memoryMiB)}`, file, ...given],
      memoryMiB,
    );
    this.#child = spawn(command!, words, {
      env: Object.fromEntries(
        passedOn.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
      ),
      stdio: ["ignore", "ignore", "pipe", "ipc"],
      serialization: "advanced",
      windowsHide: true,
    });
    this.#child.stderr!.setEncoding("utf8").on("data", (text: string) => {
      this.#complaint = (this.#complaint + text).slice(0, complaintLimit);
    });
    this.#child.on("message", (message) => this.#receive(message as FromChild));
    this.#exited = new Promise((resolve) => {
      this.#child.on("error", (cause) => {
        this.#end(
          new ModelkeepError("io_error", `A process for the model could not be started: ${cause.message}`, { cause }),
        );
        resolve();
      });
      this.#child.on("close", (code, signal) => {
        this.#end(this.#stopping ?? this.#crashed(code, signal));
        resolve();
      });
    });
    this.#keepAlive(0);
  }

  get alive(): boolean {
    return this.#ended === undefined && this.#stopping === undefined;
  }

  /** Resolves when it has loaded its plugins. */
  ready(milliseconds: number): Promise<Reply> {
    return this.#reply(milliseconds, "did not start");
  }

  async ask(message: ToChild, milliseconds: number): Promise<Reply> {
    const reply = this.#reply(milliseconds, message.kind === "load" ? "did not load the model" : "gave no answer");
    this.#send(message).catch(() => undefined); // How it ended tells why.
    return reply;
  }

  /** Sends what has no answer; resolves when there is room for more. */
  async tell(message: ToChild): Promise<void> {
    await this.#send(message).catch(() => {
      throw (
        this.#ended ??
        this.#stopping ??
        new ModelkeepError("runtime_crashed", "The process of the model takes no more messages")
      );
    });
  }

  async stop(reason = new ModelkeepError("aborted", "The process of the model was stopped")): Promise<void> {
    this.#stopping ??= reason;
    this.#keepAlive(1);
    this.#child.kill("SIGKILL");
    await this.#exited;
  }

  async #send(message: ToChild): Promise<void> {
    this.#keepAlive(1);
    return new Promise<void>((resolve, reject) => {
      if (!this.#child.connected) reject(new Error("disconnected"));
      else this.#child.send(message, (error) => (error === null ? resolve() : reject(error)));
    }).finally(() => this.#keepAlive(-1));
  }

  #reply(milliseconds: number, what: string): Promise<Reply> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    this.#keepAlive(1);
    return new Promise<Reply>((resolve, reject) => {
      const timer = setTimeout(() => {
        const message = `The isolated model ${what} within ${milliseconds} ms`;
        void this.stop(new ModelkeepError("limit_exceeded", message, { details: { limit: "time", milliseconds } }));
      }, milliseconds);
      const done = () => {
        clearTimeout(timer);
        this.#waiting = undefined;
        this.#keepAlive(-1);
      };
      this.#waiting = {
        resolve: (reply) => (done(), resolve(reply)),
        reject: (error) => (done(), reject(error)),
      };
    });
  }

  #receive(message: FromChild): void {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    if (message.kind !== "error") {
      waiting.resolve(message);
      return;
    }
    const { code, message: text, details = {} } = message;
    // What is thrown by JavaScript itself has no code of ours.
    const known = code === undefined || code.startsWith("ERR_") ? "prediction_failed" : code;
    const memory = known === "prediction_failed" && outOfMemory.test(`${code} ${text}`);
    waiting.reject(memory ? this.#beyondMemory(text) : new ModelkeepError(known, text, { details }));
  }

  #end(error: ModelkeepError): void {
    if (this.#ended !== undefined) return;
    this.#ended = error;
    this.#waiting?.reject(error);
  }

  #crashed(code: number | null, signal: string | null): ModelkeepError {
    const said = this.#complaint.trim();
    if (outOfMemory.test(said)) return this.#beyondMemory(signal ?? `code ${code}`);
    const how = signal === null ? `ended with code ${code}` : `was ended by ${signal}`;
    const last = said === "" ? "" : `: ${said.slice(0, 500)}`;
    return new ModelkeepError("runtime_crashed", `The process of the isolated model ${how}${last}`, {
      details: { code, signal },
    });
  }

  #beyondMemory(how: string): ModelkeepError {
    return new ModelkeepError(
      "limit_exceeded",
      `The isolated model needs more memory than the ${this.#memory} MiB that it may take (${how.slice(0, 200)})`,
      {
        details: { limit: "memory", memoryMiB: this.#memory },
      },
    );
  }

  /** Only while something is waited for does the process keep its server alive. */
  #keepAlive(change: number): void {
    this.#waits += change;
    const { channel } = this.#child;
    const stderr = this.#child.stderr as unknown as { ref?(): void; unref?(): void } | null;
    for (const each of [this.#child, channel, stderr])
      if (this.#waits > 0) each?.ref?.();
      else each?.unref?.();
  }
}

/** The kernel's own limit where a shell can set it (RLIMIT_DATA on Linux: heap, native memory and stacks); else that of the JavaScript heap. */
function limited(command: readonly string[], memoryMiB: number): readonly string[] {
  if (process.platform !== "linux" || !existsSync("/bin/sh")) return command;
  return [
    "/bin/sh",
    "-c",
    'ulimit -d "$0" && exec "$@"',
    String((memoryMiB + threads * codeRangeMiB()) * 1024),
    ...command,
  ];
}

/** JavaScript's part: when it is used up node says so, and does not just break on the limit of the whole. */
function heapOf(memoryMiB: number): number {
  return Math.max(32, Math.floor(Math.min(memoryMiB - 128, memoryMiB * 0.75)));
}

/** What node maps for the compiled code of a thread, and hardly uses: it counts for the limit where it is writable, as in release 24. */
function codeRangeMiB(): number {
  const ranges = readFileSync("/proc/self/maps", "utf8").matchAll(/^([0-9a-f]+)-([0-9a-f]+) rwx/gmu);
  const sizes = [...ranges].map(([, from, to]) => Number.parseInt(to!, 16) - Number.parseInt(from!, 16));
  return Math.ceil(Math.max(0, ...sizes) / 1024 / 1024);
}
