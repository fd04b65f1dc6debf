import { checkPrefix, compareCodePoints, groupEntry, groupOf, textAfterAll, throwIfAborted } from "@modelkeep/core";
import type { ListEntry, ListOptions } from "@modelkeep/core";

import type { Database } from "./database.js";
import { milliseconds } from "./put-object.js";

interface Row {
  readonly key: string;
  readonly size: number;
  readonly modified: number;
}

/** Rows that one statement gives, after the first few: who wants only these should not wait. */
const mostAtOnce = 5000;

/** Goes through the index in steps, each from where the last one ended; a group is stepped over as a whole, by the server. */
export async function* listObjects(
  database: Database,
  prefix: string,
  { after, delimiter, signal }: ListOptions,
): AsyncGenerator<ListEntry, void, undefined> {
  checkPrefix(prefix);
  const end = textAfterAll(prefix) ?? null;
  let from = after !== undefined && compareCodePoints(after, prefix) >= 0 ? justAfter(after) : prefix;
  for (let atOnce = 64; ; atOnce = Math.min(atOnce * 4, mostAtOnce)) {
    throwIfAborted(signal);
    const rows = await database.run<Row>({
      ...(delimiter ? walking(prefix, delimiter, from, end, atOnce) : scanning(from, end, atOnce)),
      doing: `list ${prefix || "everything"}`,
      signal,
    });
    for (const { key, size, modified } of rows) {
      throwIfAborted(signal);
      const group = groupOf(key, prefix, delimiter);
      if (group === undefined) yield { key, size, modified: new Date(modified) };
      // A group may begin before `after` and go on behind it; then it was told of before.
      else if (after === undefined || compareCodePoints(group, after) > 0) yield groupEntry(group);
    }
    if (rows.length < atOnce) return;
    const last = rows.at(-1)!.key;
    const group = groupOf(last, prefix, delimiter);
    from = group === undefined ? justAfter(last) : group.slice(0, -delimiter!.length) + textAfterAll(delimiter!)!;
  }
}

function scanning(from: string, end: string | null, atOnce: number) {
  return {
    text: `SELECT key, size::float8, ${milliseconds} AS modified FROM SCHEMA.objects
      WHERE key >= $1 AND ($2::text IS NULL OR key < $2) ORDER BY key LIMIT $3`,
    values: [from, end, atOnce],
  };
}

/** Of each group only its first key: the next one is looked up in the index behind the group's end. */
function walking(prefix: string, delimiter: string, from: string, end: string | null, atOnce: number) {
  const columns = `key, size, modified, strpos(substr(key, $5::integer + 1), $4) AS at`;
  const bound = "($2::text IS NULL OR key < $2)";
  return {
    text: `WITH RECURSIVE walk AS (
        (SELECT ${columns} FROM SCHEMA.objects WHERE key >= $1 AND ${bound} ORDER BY key LIMIT 1)
        UNION ALL
        SELECT next.* FROM walk, LATERAL (
          SELECT ${columns} FROM SCHEMA.objects
          WHERE key >= CASE WHEN walk.at > 0 THEN left(walk.key, $5 + walk.at - 1) || $6 ELSE walk.key || chr(1) END AND ${bound}
          ORDER BY key LIMIT 1
        ) AS next
      )
      SELECT key, size::float8, ${milliseconds} AS modified FROM walk LIMIT $3`,
    values: [from, end, atOnce, delimiter, Array.from(prefix).length, textAfterAll(delimiter)],
  };
}

/** A text between a key and every other that comes after it: keys have no control characters. */
function justAfter(key: string): string {
  return `${key}\u0001`;
}
