import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";

import { ModelkeepError } from "@modelkeep/core";
import { auditCsv, type AuditReport } from "@modelkeep/registry";

import type { Context } from "../context.js";
import { formatTime } from "../output.js";

export async function run(context: Context): Promise<void> {
  const { options, output, folder, signal } = context;
  const registry = await context.registry();
  const records = options.flag("predictions")
    ? (await import("@modelkeep/serving")).predictionsOf(registry)
    : undefined;
  const report = await registry.audit.report({
    model: context.arguments[0],
    from: dayOrTime(options.text("from")),
    to: dayOrTime(options.text("to"), 1),
    ...(records && { predictions: (model, range) => records.find(model, range) }),
    signal,
  });
  const page = options.text("html");
  if (page !== undefined) await writeFile(resolve(folder, page), await asPage(report));
  if (options.flag("csv")) process.stdout.write(auditCsv(report));
  else
    output.result(report, () =>
      tablesOf(report)
        .map(({ headings, rows }) => output.table(headings, rows))
        .join("\n\n"),
    );
}

interface Table {
  readonly title: string;
  readonly headings: readonly string[];
  readonly rows: readonly (readonly (string | number | undefined)[])[];
}

function tablesOf({ changes, predictions }: AuditReport): Table[] {
  const rows = changes.map(({ time, model, what, void: reason, ...each }) => {
    const effect = reason === undefined ? what : `${what} - without effect: ${reason}`;
    return [formatTime(time), model, effect, each.actor.name, each.approvedBy.join(", "), each.reason];
  });
  const changed = { title: "Changes", headings: ["time", "model", "what", "who", "approved by", "reason"], rows };
  if (predictions === undefined) return [changed];
  const predicted = predictions.map(({ model, version, reference, predictions: count, failed, first, last }) => {
    return [model, version, reference, count, failed, formatTime(first), formatTime(last)];
  });
  const headings = ["model", "version", "asked for as", "predictions", "failed", "first", "last"];
  return [changed, { title: "Predictions", headings, rows: predicted }];
}

async function asPage(report: AuditReport): Promise<string> {
  const { htmlPage, htmlTable } = await import("@modelkeep/report");
  const { from, to, models } = report;
  const period = `${from === undefined ? "from the beginning" : `from ${formatTime(from)}`} ${to === undefined ? "until now" : `until ${formatTime(to)}`}`;
  return htmlPage({
    title: models.length === 1 ? `What happened to ${models[0]}` : `What happened to ${models.length} models`,
    intro: `As their histories say, ${period}, in UTC.`,
    sections: tablesOf(report).map(({ title, headings, rows }) => ({
      heading: title,
      html: htmlTable({ headings, rows: rows.map((row) => row.map((cell) => String(cell ?? ""))) }),
    })),
  });
}

/** A day, in UTC, begins at midnight; as an end it is over `days` later. */
function dayOrTime(text: string | undefined, days = 0): Date | undefined {
  if (text === undefined) return undefined;
  const isDay = /^\d{4}-\d{2}-\d{2}$/u.test(text);
  const time = new Date(isDay ? `${text}T00:00:00Z` : text);
  if (Number.isNaN(time.getTime()))
    throw new ModelkeepError(
      "invalid_input",
      `${JSON.stringify(text)} is no date: write 2026-03-03 or 2026-03-03T12:00:00Z`,
    );
  return isDay ? new Date(time.getTime() + days * 86_400_000) : time;
}
