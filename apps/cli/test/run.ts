import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { afterAll, beforeAll } from "vitest";

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** What `--json` printed. */
  readonly json: () => unknown;
}

const home = fileURLToPath(new URL("..", import.meta.url));
const built = `.test-dist/${process.pid}`;

export interface CommandLine {
  /** A folder of its own, empty at first. */
  readonly folder: string;
  readonly run: (
    arguments_: readonly string[],
    options?: { readonly env?: Readonly<Record<string, string>>; readonly input?: string; readonly folder?: string },
  ) => Promise<Ran>;
}

/** The command line as users run it: a bundle, in a process of its own, in a folder that is removed afterwards. */
export function commandLine(): CommandLine {
  const folder = mkdtempSync(join(tmpdir(), "modelkeep-cli-"));
  beforeAll(async () => {
    const { code, stderr } = await execute(process.execPath, ["build.mjs", "--sources", built], { cwd: home });
    if (code !== 0) throw new Error(stderr);
  }, 60_000);
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
    rmSync(join(home, built), { recursive: true, force: true });
  });
  return {
    folder,
    run: (arguments_, { env = {}, input = "", folder: where = folder } = {}) =>
      execute(process.execPath, [join(home, built, "main.cjs"), ...arguments_], {
        cwd: where,
        input,
        env: {
          ...process.env,
          MODELKEEP_STORE: "",
          MODELKEEP_ACTOR: "Tester <tester@example.org>",
          XDG_CACHE_HOME: join(folder, ".cache"),
          XDG_CONFIG_HOME: join(folder, ".config"),
          NO_COLOR: "1",
          ...env,
        },
      }),
  };
}

function execute(
  program: string,
  arguments_: readonly string[],
  { input, ...options }: { cwd: string; env?: NodeJS.ProcessEnv; input?: string },
): Promise<Ran> {
  return new Promise((resolve) => {
    const child = execFile(program, arguments_, { ...options, maxBuffer: 64 << 20 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === "number" ? error.code : 1;
      resolve({ code, stdout, stderr, json: () => JSON.parse(stdout) as unknown });
    });
    child.stdin!.end(input ?? "");
  });
}
