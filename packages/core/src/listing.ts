import { compareCodePoints } from "./code-points.js";
import { ModelkeepError, throwIfAborted } from "./errors.js";
import { isKey } from "./key.js";
import type { ListEntry, ListOptions } from "./store.js";

/** The name of the next level that `key` lies under: up to the first delimiter behind the prefix, and with it. */
export function groupOf(key: string, prefix: string, delimiter: string | undefined): string | undefined {
  const at = delimiter ? key.indexOf(delimiter, prefix.length) : -1;
  return at < 0 ? undefined : key.slice(0, at + delimiter!.length);
}

/** The line of a listing for such a name. */
export function groupEntry(key: string): ListEntry {
  return { key, size: 0, modified: new Date(0), prefix: true };
}

/** The least text that comes after everything that begins with `prefix`, by code points; `undefined` when nothing does. */
export function textAfterAll(prefix: string): string | undefined {
  const points = Array.from(prefix, (character) => character.codePointAt(0)!);
  while (points.length > 0) {
    const last = points.pop()!;
    // Surrogates are no characters.
    if (last < 0x10ffff) return String.fromCodePoint(...points, last === 0xd7ff ? 0xe000 : last + 1);
  }
  return undefined;
}

/**
 * A listing from the pages of a service, as `list` promises it: only what comes after `after`, objects and groups in one order,
 * each once. Groups are made of what the service has not grouped; objects whose keys no store may have are passed over.
 * @throws `unsupported` where the service lists in another order
 */
export async function* listedInOrder(
  store: string,
  pages: AsyncIterable<readonly ListEntry[]>,
  prefix: string,
  { after, delimiter, signal }: ListOptions,
): AsyncGenerator<ListEntry, void, undefined> {
  let last: string | undefined;
  for await (const page of pages) {
    const entries = page
      .filter(
        (entry) => entry.key.startsWith(prefix) && (entry.prefix === true ? isGroup(entry.key) : isKey(entry.key)),
      )
      .map((entry) => {
        const group = groupOf(entry.key, prefix, delimiter);
        return group === undefined || entry.prefix === true ? entry : groupEntry(group);
      })
      // Objects and groups come apart, and belong between each other.
      .toSorted((a, b) => compareCodePoints(a.key, b.key));
    for (const entry of entries) {
      throwIfAborted(signal);
      // A group may begin before `after` and go on behind it; then it was told of before.
      if (after !== undefined && compareCodePoints(entry.key, after) <= 0) continue;
      if (entry.prefix === true && entry.key === last) continue;
      if (last !== undefined && compareCodePoints(entry.key, last) <= 0)
        throw new ModelkeepError(
          "unsupported",
          `[${store}] The service lists ${JSON.stringify(entry.key)} after ${JSON.stringify(last)}: in this order it is not usable as a store`,
        );
      last = entry.key;
      yield entry;
    }
  }
}

/** Keys that begin with "/" are none, and nor is what they are grouped under. */
function isGroup(key: string): boolean {
  return key !== "" && key !== "/";
}
