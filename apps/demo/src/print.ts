import type { Moved } from "@modelkeep/registry";
import { type FormatResult, formatHeadings, formatRow } from "@modelkeep/report";

let count = 0;

export function step(title: string): void {
  console.log(`\n${++count}. ${title}`);
}

export function say(text: string): void {
  console.log(`   ${text}`);
}

export function show({ name, alias, previous, version }: Moved): void {
  say(`${name}@${alias}: ${previous ?? "none"} → ${version ?? "none"}`);
}

/** All columns but the last one, which is for the page. */
export function printFormats(results: readonly FormatResult[]): void {
  const rows = [formatHeadings, ...results.map(formatRow)].map((row) => row.slice(0, -1));
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  for (const row of rows)
    say(
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join("  ")
        .trimEnd(),
    );
}
