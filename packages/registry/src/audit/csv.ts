import type { AuditReport } from "./report.js";

const columns = [
  "time",
  "until",
  "model",
  "entry",
  "kind",
  "version",
  "alias",
  "what",
  "actor",
  "email",
  "reason",
  "approved_by",
  "no_effect_because",
  "predictions",
  "failed",
  "digest",
] as const;

type Row = Partial<Record<(typeof columns)[number], string | number | undefined>>;

/** A report as one table (RFC 4180): a line for each change, then one for what each version predicted. */
export function auditCsv({ changes, predictions = [] }: AuditReport): string {
  const rows: Row[] = [
    ...changes.map(({ actor, approvedBy, void: reason, ...change }) => ({
      ...change,
      actor: actor.name,
      email: actor.email,
      approved_by: approvedBy.join("; "),
      no_effect_because: reason,
    })),
    ...predictions.map(({ first, last, reference, callers, ...counts }) => ({
      ...counts,
      time: first,
      until: last,
      kind: "predictions",
      what: `predicted as ${reference}`,
      actor: callersText(callers),
    })),
  ];
  const lines = [columns.join(","), ...rows.map((row) => columns.map((column) => csvCell(row[column])).join(","))];
  return lines.map((line) => `${line}\r\n`).join("");
}

/**
 * A cell that a spreadsheet shows and never computes: text that begins like a formula gets an apostrophe before it. Names and
 * reasons are what somebody typed.
 */
export function csvCell(value: string | number | undefined): string {
  if (value === undefined) return "";
  if (typeof value === "number") return String(value);
  const safe = /^[\s\uFEFF\u200B]*[=+\-@\t\r\n|%\uFF1D\uFF0B\uFF0D\uFF20]/u.test(value) ? `'${value}` : value;
  return /[",;\r\n\t]|^\s|\s$|^'/u.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function callersText(callers: Readonly<Record<string, number>>): string {
  return Object.entries(callers)
    .map(([caller, count]) => `${caller} (${count})`)
    .join("; ");
}
