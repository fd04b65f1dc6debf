import * as fs from "node:fs";
import { promisify } from "node:util";

/** Brings a file or folder to the disk through the thread pool. */
export const syncLater = promisify(fs.fsync);

/** Milliseconds for which a call may hold up the process. */
const brief = 2;
/** What bringing little to the disk has taken of late, in milliseconds. */
let usual = 0;

interface Asked {
  readonly file: number;
  readonly settle: (outcome: Promise<void>) => void;
}

/** What is asked for in this turn. */
let asked: Asked[] = [];

/**
 * Brings a file or folder with little in it to the disk, together with all that are asked for in the same turn: what
 * waits for the disk at once is written in one go. Where the disk answers at once, as flash and write caches do, one of
 * them is called directly, since the way through the thread pool takes as long as such a disk; and all go on together, so
 * that what they ask for next meets again. Where it does not, nobody waits for anybody.
 */
export function syncLittle(file: number): Promise<void> {
  return new Promise((settle) => {
    if (asked.length === 0) process.nextTick(() => void syncAsked());
    asked.push({ file, settle });
  });
}

async function syncAsked(): Promise<void> {
  const all = asked;
  asked = [];
  const started = performance.now();
  const quick = usual < brief;
  const outcomes = all.map(({ file }, index) => (quick && index === all.length - 1 ? syncNow(file) : syncLater(file)));
  const settleAll = () => all.forEach(({ settle }, index) => settle(outcomes[index]!));
  if (!quick) settleAll();
  await Promise.allSettled(outcomes);
  if (quick) settleAll();
  usual += (performance.now() - started - usual) / 4;
}

async function syncNow(file: number): Promise<void> {
  fs.fsyncSync(file);
}
