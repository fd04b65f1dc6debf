import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

import type { Jobs } from "./job.js";

const program = fileURLToPath(new URL("./job.js", import.meta.url));

/** Does a job in a process of its own, and gives what the job found. */
export async function inFreshProcess<Name extends keyof Jobs>(
  name: Name,
  given: Parameters<Jobs[Name]>[0],
): Promise<Awaited<ReturnType<Jobs[Name]>>> {
  const child = spawn(process.execPath, [program, name, JSON.stringify(given)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, "exit") as Promise<[number | null]>]);
  if (code !== 0) throw new Error(`The job "${name}" failed`);
  return JSON.parse(output) as Awaited<ReturnType<Jobs[Name]>>;
}
