import type { FormatResult } from "./compare-formats.js";

/** The table's columns, for terminals, Markdown and HTML alike. */
export const formatHeadings = [
  "format",
  "size",
  "save ms",
  "load ms",
  "first prediction ms",
  "predictions / s",
  "accuracy",
  "identical predictions",
  "read from",
  "runs code on load",
  "best for",
] as const;

/** One line of `formatTable`, under its headings. */
export function formatRow(result: FormatResult): string[] {
  const { facts } = result;
  return [
    result.label,
    formatSize(result.size),
    result.saveMs === undefined ? "" : milliseconds(result.saveMs),
    milliseconds(result.loadMs),
    milliseconds(result.firstPredictionMs),
    Math.round(result.predictionsPerSecond).toLocaleString("en"),
    result.accuracy === undefined ? "" : `${(result.accuracy * 100).toFixed(1)} %`,
    result.identical ? "yes" : `no: ${result.worst.toExponential(1)}`,
    facts?.languages ?? "",
    facts?.runsCode ?? "",
    facts?.bestFor ?? "",
  ];
}

/** 1,234 B · 5.67 kB · 8.9 MB: decimal units. */
export function formatSize(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const [value, unit] = bytes < 1e6 ? [bytes / 1e3, "kB"] : bytes < 1e9 ? [bytes / 1e6, "MB"] : [bytes / 1e9, "GB"];
  return `${value.toPrecision(3)} ${unit}`;
}

export function milliseconds(value: number): string {
  return value < 10 ? value.toFixed(2) : value < 100 ? value.toFixed(1) : String(Math.round(value));
}

const textHeadings = ["format", "size", "save ms", "load ms", "first ms", "rows / s", "accuracy", "identical"] as const;

/** What was measured, in columns that a terminal holds; a column with nothing in it is left out. */
export function formatsAsText(results: readonly FormatResult[]): string {
  const rows = results.map((result) => formatRow(result).slice(0, textHeadings.length));
  const kept = textHeadings.map((_, column) => column).filter((column) => rows.some((row) => row[column] !== ""));
  const table = [textHeadings, ...rows].map((row) => kept.map((column) => row[column]!));
  const widths = kept.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  const last = kept.length - 1;
  const cell = (text: string, column: number) =>
    column === 0 ? text.padEnd(widths[0]!) : column === last ? text : text.padStart(widths[column]!);
  return table.map((row) => row.map(cell).join("  ")).join("\n");
}

/** A Markdown table. */
export function formatsAsMarkdown(results: readonly FormatResult[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [
    line(formatHeadings),
    line(formatHeadings.map(() => "---")),
    ...results.map((result) => line(formatRow(result))),
  ].join("\n");
}
