import { spawn, type SpawnOptions } from "node:child_process";

export interface CommandResult {
  readonly ok: boolean;
  /** Standard output and standard error, as they came. */
  readonly output: string;
}

/** Runs a command to its end; a failure is a result, not an exception. After `timeout` milliseconds it is stopped. */
export async function runCommand(
  command: string,
  args: readonly string[],
  { timeout = 600_000, ...options }: SpawnOptions & { timeout?: number } = {},
): Promise<CommandResult> {
  const child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"], timeout, killSignal: "SIGKILL" });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => (output += text));
  }
  return new Promise((resolve) => {
    child.on("error", (error) => resolve({ ok: false, output: error.message }));
    child.on("close", (code, signal) => {
      const stopped = signal === "SIGKILL" ? `\nStopped: it ran for more than ${timeout / 1000} s.` : "";
      resolve({ ok: code === 0, output: output + stopped });
    });
  });
}

/** Maps with at most `limit` calls under way; the results keep the order of the items. */
export async function mapLimited<T, R>(items: readonly T[], limit: number, map: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const queue = [...items.entries()];
  const worker = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) results[next[0]] = await map(next[1]);
  };
  await Promise.all(Array.from({ length: limit }, worker));
  return results;
}
