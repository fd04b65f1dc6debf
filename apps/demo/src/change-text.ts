import type { HistoryEntry } from "@modelkeep/registry";

const keys = ["version", "alias", "action", "reason", "representation", "runtime", "where", "rows", "ok"];

/** What an entry changed, in words; a batch is several changes in one entry. */
export function changeText(change: HistoryEntry["change"]): string {
  const { changes } = change as { changes?: readonly { readonly change: HistoryEntry["change"] }[] };
  if (changes !== undefined) return changes.map((each) => changeText(each.change)).join("; ");
  return keys.flatMap((key) => (key in change ? [`${key} ${change[key] as string | number}`] : [])).join(", ");
}
