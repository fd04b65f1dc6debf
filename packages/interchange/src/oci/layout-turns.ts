import { randomBytes } from "node:crypto";
import { readlinkSync } from "node:fs";
import { open, readdir, readFile, stat, unlink } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

import { ModelkeepError, throwIfAborted } from "@modelkeep/core";
import { isRunning } from "@modelkeep/core/node";

/** A claim so old is of a process that ended, or stands still and finds its claim gone. */
const abandonedAfter = 60_000;
/** Turns take milliseconds, and those of the gone end after the time above. */
const patience = 90_000;

/** What exports that were cut off leave in a layout's folder. */
export function isLeftOver(name: string): boolean {
  return name.endsWith(".partial") || isClaim(name);
}

/**
 * Lets one process at a time work on a layout's index. Each has a claim, a file of a name that is never used again, and goes ahead when
 * a look at the folder after that shows no other: so two never do, and whoever finds the claim of a process that is gone may
 * delete it. `still` throws if that happened to ours.
 *
 * @throws `conflict` where others have turns all the time
 */
export async function inTurn<T>(
  folder: string,
  signal: AbortSignal | undefined,
  work: (still: () => Promise<void>) => Promise<T>,
): Promise<T> {
  for (const start = performance.now(); ;) {
    throwIfAborted(signal);
    const claim = join(folder, `.index.json.${randomBytes(8).toString("hex")}.lock`);
    const handle = await open(claim, "wx");
    try {
      await handle.writeFile(JSON.stringify({ host: here, pid: process.pid }));
      // The file system's clock, of now.
      const now = (await handle.stat()).mtimeMs;
      if (await isAlone(folder, claim, now)) return await work(() => requireClaim(claim));
    } finally {
      await handle.close();
      await removed(claim);
    }
    if (performance.now() - start > patience)
      throw new ModelkeepError("conflict", `Other exports write ${folder} all the time: try again later`);
    await wait(5 + Math.random() * 45);
  }
}

/** Removes the claims of processes that were killed when all was done. */
export async function endTurnsOfTheGone(folder: string): Promise<void> {
  await isAlone(folder, "", 0).catch((error: NodeJS.ErrnoException) => {
    // A layout that can't be written to: they are in nobody's way.
    if (error.code === undefined) throw error;
  });
}

async function isAlone(folder: string, own: string, now: number): Promise<boolean> {
  let alone = true;
  for (const name of (await readdir(folder)).filter(isClaim)) {
    const claim = join(folder, name);
    if (claim === own) continue;
    if (await isAbandoned(claim, now)) await removed(claim);
    else alone = false;
  }
  return alone;
}

async function isAbandoned(claim: string, now: number): Promise<boolean> {
  try {
    if (now - (await stat(claim)).mtimeMs > abandonedAfter) return true;
    const { host, pid } = JSON.parse(await readFile(claim, "utf8")) as { host?: unknown; pid?: unknown };
    return host === here && typeof pid === "number" && !isRunning(pid);
  } catch (error) {
    // It went away meanwhile, or is not written yet.
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}

/** A machine; in containers that share its name, the container. */
const here = `${hostname()} ${pidNamespace()}`;

function pidNamespace(): string {
  try {
    return readlinkSync("/proc/self/ns/pid");
  } catch {
    return "";
  }
}

async function requireClaim(claim: string): Promise<void> {
  await stat(claim).catch((cause: unknown) => {
    throw new ModelkeepError("conflict", `This export stood still for too long, and another went ahead: run it again`, {
      cause,
    });
  });
}

async function removed(claim: string): Promise<void> {
  await unlink(claim).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
  });
}

function isClaim(name: string): boolean {
  return name.startsWith(".index.json.") && name.endsWith(".lock");
}
