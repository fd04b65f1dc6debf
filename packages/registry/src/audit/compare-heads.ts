import { isModelkeepError, type Store } from "@modelkeep/core";

import type { Entry } from "../entry.js";
import { checkChain } from "../fold.js";
import { readEntries } from "../log.js";
import type { Head } from "./checkpoint.js";

/** A history that is no longer the one that a checkpoint or a pin tells of. */
export interface HistoryProblem {
  readonly model: string;
  /**
   * "missing": nothing is left of it. "truncated": it is shorter than it was. "rewritten": the entries up to there are other
   * ones, whole and chained or not. "damaged": they can't be read.
   */
  readonly code: "missing" | "truncated" | "rewritten" | "damaged";
  readonly message: string;
}

/** Whether a model's history begins with exactly the entries that a head stands for. */
export async function compareHead(
  store: Store,
  { model, length, head }: Head,
  signal?: AbortSignal,
): Promise<{ readonly entries: number } | HistoryProblem> {
  const problem = (code: HistoryProblem["code"], message: string): HistoryProblem => ({ model, code, message });
  let entries: readonly Entry[];
  try {
    entries = await readEntries({ store }, model, 1, signal);
    checkEntries(model, entries);
  } catch (error) {
    if (!isModelkeepError(error, "damaged_log") && !isModelkeepError(error, "unknown_format_version")) throw error;
    return problem("damaged", error.message);
  }
  if (entries.length === 0)
    return problem("missing", `${model} had ${length} entries, and nothing is left of its history`);
  if (entries.length < length)
    return problem(
      "truncated",
      `${model} had ${length} entries, and now has ${entries.length}: the last ones were taken away`,
    );
  // Each entry carries the digest of the one before: the same digest here means the same entries up to here.
  if (entries[length - 1]!.digest !== head)
    return problem(
      "rewritten",
      `${model} has another entry ${length} than it had: its history up to there was rewritten`,
    );
  return { entries: entries.length };
}

/** The chain alone: what the entries do, and whether their times are right, is judged by the fold. */
function checkEntries(name: string, entries: readonly Entry[]): void {
  let head: Entry["digest"] | null = null;
  for (const [length, entry] of entries.entries()) {
    checkChain({ name, length, head, time: undefined }, entry);
    head = entry.digest;
  }
}
