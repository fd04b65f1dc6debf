import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const script = fileURLToPath(new URL("../python/peer.py", import.meta.url));

/** A Python process that times itself, so that its start and its imports do not count. */
export class PythonPeer {
  readonly executable: string;
  /** Versions of the modules that are installed: "joblib" to "1.5.2". */
  readonly modules: Readonly<Record<string, string>>;
  readonly #child: ChildProcess;
  readonly #answers: AsyncIterator<string>;

  private constructor(
    executable: string,
    child: ChildProcess,
    answers: AsyncIterator<string>,
    modules: Record<string, string>,
  ) {
    this.executable = executable;
    this.#child = child;
    this.#answers = answers;
    this.modules = modules;
  }

  /** `undefined` where there is no Python. */
  static async start(): Promise<PythonPeer | undefined> {
    const executable = process.env["MODELKEEP_TEST_PYTHON"] ?? "python3";
    if (spawnSync(executable, ["--version"]).status !== 0) return undefined;
    const child = spawn(executable, ["-u", script], { stdio: ["pipe", "pipe", "inherit"] });
    const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const peer = new PythonPeer(executable, child, answers, {});
    const modules = (await peer.call("modules")) as Record<string, string>;
    return new PythonPeer(executable, child, answers, modules);
  }

  /** Whether all of these modules are installed. */
  has(...modules: readonly string[]): boolean {
    return modules.every((module) => module in this.modules);
  }

  async call(operation: string, values: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    this.#child.stdin!.write(`${JSON.stringify({ operation, ...values })}\n`);
    const { value, done } = await this.#answers.next();
    if (done === true) throw new Error(`Python ended while it did "${operation}"`);
    const answer = JSON.parse(value) as { result?: unknown; error?: string };
    if (answer.error !== undefined) throw new Error(`Python failed at "${operation}": ${answer.error}`);
    return answer.result;
  }

  /** Milliseconds that Python took by its own clock. */
  async time(operation: string, values: Readonly<Record<string, unknown>> = {}): Promise<number> {
    return (await this.call(operation, values)) as number;
  }

  /** The same in a process of its own. */
  timeFresh(
    operation: string,
    values: Readonly<Record<string, unknown>>,
    env: Readonly<Record<string, string>> = {},
  ): number {
    const input = `${JSON.stringify({ operation, ...values })}\n`;
    const options = { input, encoding: "utf8", env: { ...process.env, ...env } } as const;
    const { stdout, status } = spawnSync(this.executable, ["-u", script], options);
    if (status !== 0) throw new Error(`Python failed at "${operation}"`);
    return (JSON.parse(stdout) as { result: number }).result;
  }

  close(): void {
    this.#child.stdin!.end();
  }
}

/** Why a comparison with Python was not made, or "". */
export function missingModules(python: PythonPeer | undefined, ...modules: readonly string[]): string {
  if (python === undefined) return "there is no Python here (MODELKEEP_TEST_PYTHON or python3)";
  const missing = modules.filter((module) => !python.has(module));
  return missing.length === 0 ? "" : `Python here has no ${missing.join(", ")}`;
}
