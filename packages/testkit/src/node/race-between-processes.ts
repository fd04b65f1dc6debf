import { spawn } from "node:child_process";
import type { Store } from "@modelkeep/core";
import { checkRace, runWriter } from "../store-race.js";
import { defaultRace } from "../store-suite.js";

/** What the processes run, and how hard they race. */
export interface ProcessRaceOptions {
  /**
   * A JavaScript module that opens the store and calls `joinRace` with it, and its arguments. It is run by this
   * process's Node.
   */
  readonly module: readonly [path: string, ...argv: string[]];
  /** Default 4. */
  readonly processes?: number;
  /** In all processes together. Default 32. */
  readonly writers?: number;
  /** Per writer. Default 100. */
  readonly increments?: number;
  /** Default "race/". */
  readonly prefix?: string;
}

interface Start {
  readonly prefix: string;
  readonly writers: readonly string[];
  readonly increments: number;
}

const variable = "MODELKEEP_RACE";

/** The race of `incrementRace` among processes that share nothing but the store. */
export async function raceBetweenProcesses(store: Store, options: ProcessRaceOptions): Promise<void> {
  const { module, processes = 4, prefix = "race/" } = options;
  const { writers, increments } = { ...defaultRace, ...options };
  const names = Array.from({ length: writers }, (_, index) => `process-${index % processes}-writer-${index}`);
  await Promise.all(
    Array.from({ length: processes }, (_, index) => {
      const own = names.filter((_, writer) => writer % processes === index);
      return run(module, { prefix, writers: own, increments });
    }),
  );
  await checkRace(store, { prefix, writers: names, increments });
}

/** What the module of each process calls with the store it has opened. */
export async function joinRace(store: Store): Promise<void> {
  const start = process.env[variable];
  if (start === undefined) throw new TypeError("joinRace is for modules that raceBetweenProcesses runs");
  const { prefix, writers, increments } = JSON.parse(start) as Start;
  await Promise.all(writers.map((writer) => runWriter(store, { prefix, writer, increments })));
}

function run(module: readonly string[], start: Start): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, module, {
      env: { ...process.env, [variable]: JSON.stringify(start) },
      stdio: ["ignore", "ignore", "pipe"],
    });
    let complaint = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (complaint += text));
    child.on("error", reject);
    child.on("close", (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(`A process of the race ended with ${code ?? signal}: ${complaint.trim()}`));
    });
  });
}
