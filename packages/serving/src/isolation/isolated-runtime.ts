import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import {
  ModelkeepError,
  type PayloadSet,
  type Predictor,
  type PredictorOptions,
  type Runtime,
  type Signature,
  type TensorMap,
  throwIfAborted,
} from "@modelkeep/core";

import { fromMessage, toMessage } from "./messages.js";
import { ModelProcess, type ProcessLimits } from "./model-process.js";

/** How much a model in a process of its own may take. */
export interface IsolationOptions {
  /** What one process may take, node's own 60 or so included; from 128 on. Default 1024. */
  readonly memoryMiB?: number | undefined;
  /** Of one prediction. Default 10,000. */
  readonly timeoutMs?: number | undefined;
  /** Of starting a process and loading the model. Default 60,000. */
  readonly loadTimeoutMs?: number | undefined;
  /** How many processes share the requests of one model; each makes one prediction at a time. Default 1. */
  readonly processes?: number | undefined;
  /** How many predictions may wait for a process; beyond it, `backlog_full`. Default 1,000. */
  readonly queue?: number | undefined;
  /** Packages, or URLs, of the plugins that the process needs. Default: those that the runtime says it consists of. */
  readonly modules?: readonly string[] | undefined;
  /** A script of your own that calls `answerPredictions` with its plugins, and what it is given: for programs that are bundled. */
  readonly script?: URL | string | undefined;
  readonly arguments?: readonly string[] | undefined;
}

/**
 * A runtime whose models are parsed and run in processes of their own, with limits. A crash, a model beyond its memory or its
 * time is an error of one prediction; the process is started again.
 */
export function isolated(runtime: Runtime, options: IsolationOptions = {}): Runtime {
  return {
    name: runtime.name,
    get version() {
      return runtime.version;
    },
    get packages() {
      return runtime.packages ?? [];
    },
    runs: (representation) => runtime.runs(representation),
    available: () => runtime.available(),
    predictor: async (payloads, given = {}) => {
      const predictor = new IsolatedPredictor(runtime, payloads, given, options);
      try {
        await predictor.start();
      } catch (error) {
        await predictor[Symbol.asyncDispose]();
        throw error;
      }
      return predictor;
    },
  };
}

class IsolatedPredictor implements Predictor {
  readonly #runtime: string;
  readonly #payloads: PayloadSet;
  readonly #given: PredictorOptions;
  readonly #limits: ProcessLimits;
  readonly #timeout: number;
  readonly #loadTimeout: number;
  readonly #queue: number;
  readonly #all = new Set<ModelProcess>();
  readonly #idle: (ModelProcess | undefined)[];
  readonly #waiting: { readonly resolve: () => void; readonly reject: (error: Error) => void }[] = [];
  #signature: Signature | undefined;
  #disposed = false;

  constructor(runtime: Runtime, payloads: PayloadSet, given: PredictorOptions, options: IsolationOptions) {
    this.#runtime = runtime.name;
    this.#payloads = payloads;
    this.#given = given;
    const { memoryMiB = 1024, timeoutMs = 10_000, loadTimeoutMs = 60_000, processes = 1, queue = 1_000 } = options;
    for (const [name, value] of Object.entries({ memoryMiB, timeoutMs, loadTimeoutMs, processes, queue }))
      if (!Number.isInteger(value) || value < 1)
        throw new TypeError(`${name} is a whole number from 1 on, not ${value}`);
    if (memoryMiB < 128)
      throw new TypeError(`memoryMiB is from 128 on, not ${memoryMiB}: node itself needs half of that`);
    this.#limits = { memoryMiB, ...scriptOf(runtime, options) };
    this.#timeout = timeoutMs;
    this.#loadTimeout = loadTimeoutMs;
    this.#queue = queue;
    this.#idle = Array.from({ length: processes }, () => undefined);
  }

  get signature(): Signature {
    return this.#signature!;
  }

  /** The first process: what is wrong with the model shows here. */
  async start(): Promise<void> {
    const first = this.#idle.pop();
    this.#idle.push(first ?? (await this.#open()));
  }

  async predict(inputs: TensorMap): Promise<TensorMap> {
    if (this.#disposed) throw new TypeError("The predictor has been disposed of");
    if (this.#idle.length === 0) await this.#turn();
    let process = this.#idle.pop();
    try {
      if (process?.alive !== true) process = await this.#open();
      const reply = await process.ask({ kind: "predict", inputs: toMessage(inputs) }, this.#timeout);
      return reply.kind === "outputs" ? fromMessage(reply.outputs) : unexpected(reply.kind);
    } finally {
      this.#free(process);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    for (const { reject } of this.#waiting.splice(0)) reject(new TypeError("The predictor has been disposed of"));
    await Promise.all([...this.#all].map((process) => process.stop()));
  }

  #turn(): Promise<void> {
    if (this.#waiting.length >= this.#queue)
      throw new ModelkeepError(
        "backlog_full",
        `${this.#waiting.length} predictions wait for the isolated model: try again later`,
        {
          details: { waiting: this.#waiting.length },
        },
      );
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  /** Gives the process to the next request. One that has ended is started again meanwhile, if nobody waits. */
  #free(process: ModelProcess | undefined): void {
    if (process !== undefined && !process.alive) this.#all.delete(process);
    const next = this.#waiting.shift();
    this.#idle.push(process?.alive === true ? process : undefined);
    if (next !== undefined) next.resolve();
    else if (process !== undefined && !process.alive && !this.#disposed) void this.#restart();
  }

  async #restart(): Promise<void> {
    const place = this.#idle.findIndex((each) => each === undefined);
    if (place < 0) return;
    this.#idle.splice(place, 1);
    // What fails here fails again, and is reported, when the next prediction tries.
    const process = await this.#open().catch(() => undefined);
    this.#free(process);
  }

  async #open(): Promise<ModelProcess> {
    const { signal, threads, signature, representation } = this.#given;
    throwIfAborted(signal);
    const process = new ModelProcess(this.#limits);
    this.#all.add(process);
    try {
      await process.ready(this.#loadTimeout);
      for (const { path, mediaType, role, size, stream } of withStreams(this.#payloads)) {
        await process.tell({ kind: "file", file: { path, mediaType, role, size } });
        for await (const bytes of stream()) await process.tell({ kind: "bytes", bytes });
      }
      const reply = await process.ask(
        { kind: "load", runtime: this.#runtime, representation, signature, threads },
        this.#loadTimeout,
      );
      this.#signature = reply.kind === "loaded" ? reply.signature : unexpected(reply.kind);
      if (this.#disposed) throw new TypeError("The predictor has been disposed of");
      return process;
    } catch (error) {
      this.#all.delete(process);
      await process.stop();
      throw error;
    }
  }
}

function withStreams(payloads: PayloadSet) {
  return [...payloads].map((payload) => ({
    path: payload.path,
    mediaType: payload.mediaType,
    role: payload.role,
    size: payload.size,
    stream: () => payload.stream(),
  }));
}

function unexpected(kind: string): never {
  throw new ModelkeepError(
    "runtime_crashed",
    `The process of the isolated model answered with ${JSON.stringify(kind)}`,
  );
}

function scriptOf(runtime: Runtime, options: IsolationOptions): Pick<ProcessLimits, "script" | "arguments"> {
  if (options.script !== undefined) return { script: options.script, arguments: options.arguments ?? [] };
  const named =
    options.modules ??
    (runtime.packages ?? []).map(({ name }) => name).filter((name) => name.startsWith("@modelkeep/"));
  if (named.length === 0)
    throw new TypeError(
      `The runtime ${runtime.name} does not say which package it comes from: name its plugin by \`modules\``,
    );
  return { script: new URL("./isolated-child.js", import.meta.url), arguments: named.map(resolveModule) };
}

/** From where the program stands, as node would resolve it there. */
function resolveModule(name: string): string {
  if (/^(file|data):/u.test(name)) return name;
  const folders = [process.argv[1] ?? "", join(process.cwd(), "package.json")];
  for (const folder of folders) {
    try {
      return pathToFileURL(createRequire(folder).resolve(name)).href;
    } catch {
      // Perhaps from the next one.
    }
  }
  throw new ModelkeepError(
    "missing_package",
    `${name}, which the isolated process needs, is not installed here: npm install ${name}`,
    { details: { package: name } },
  );
}
