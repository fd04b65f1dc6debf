import type { AuditChange, Moved } from "@modelkeep/registry";
import { type FormatResult, formatsAsText } from "@modelkeep/report";

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

/** What was measured; the page has the rest. */
export function printFormats(results: readonly FormatResult[]): void {
  for (const line of formatsAsText(results).split("\n")) say(line);
}

/** In UTC, to the second. */
export function timeText(time: string | Date): string {
  return new Date(time).toISOString().slice(0, 19).replace("T", " ");
}

/** What changed, and why. */
export function changeText({ what, reason }: AuditChange): string {
  return reason === undefined ? what : `${what}: ${reason}`;
}
