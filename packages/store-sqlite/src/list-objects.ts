import { checkPrefix, compareCodePoints, groupEntry, groupOf, textAfterAll, throwIfAborted } from "@modelkeep/core";
import type { ListEntry, ListOptions } from "@modelkeep/core";
import type { Database } from "./database.js";

interface Row {
  readonly key: string;
  readonly size: number;
  readonly modified: number;
}

/** Rows that are read at once, after the first few: who wants only these should not wait. */
const mostAtOnce = 512;

/** Goes through the index in steps, each from where the last one ended; a group is stepped over as a whole. */
export async function* listObjects(
  database: Database,
  prefix: string,
  { after, delimiter, signal }: ListOptions,
): AsyncGenerator<ListEntry, void, undefined> {
  checkPrefix(prefix);
  const end = textAfterAll(prefix);
  let [from, inclusive] =
    after !== undefined && compareCodePoints(after, prefix) >= 0 ? [after, false] : [prefix, true];
  for (let atOnce = 16; ; atOnce = Math.min(atOnce * 2, mostAtOnce)) {
    throwIfAborted(signal);
    const rows = await readRows(database, { from, inclusive, end, atOnce }, signal);
    let group: string | undefined;
    for (const { key, size, modified } of rows) {
      [from, inclusive] = [key, false];
      group = groupOf(key, prefix, delimiter);
      if (group !== undefined) break;
      yield { key, size, modified: new Date(modified) };
      throwIfAborted(signal);
    }
    if (group === undefined) {
      if (rows.length < atOnce) return;
      continue;
    }
    if (after === undefined || compareCodePoints(group, after) > 0) yield groupEntry(group);
    const next = textAfterAll(group);
    if (next === undefined) return;
    [from, inclusive] = [next, true];
  }
}

async function readRows(
  database: Database,
  { from, inclusive, end, atOnce }: { from: string; inclusive: boolean; end: string | undefined; atOnce: number },
  signal: AbortSignal | undefined,
): Promise<Row[]> {
  const conditions = `key ${inclusive ? ">=" : ">"} ? ${end === undefined ? "" : "AND key < ?"}`;
  const bounds = end === undefined ? [from] : [from, end];
  const rows = await database.read(
    (prepare) =>
      prepare(`SELECT key, size, modified FROM objects WHERE ${conditions} ORDER BY key LIMIT ?`).all(
        ...bounds,
        atOnce,
      ) as Row[],
    signal,
  );
  return rows ?? [];
}
