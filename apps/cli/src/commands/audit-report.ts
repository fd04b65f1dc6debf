import { ModelkeepError } from "@modelkeep/core";
import { auditCsv, type AuditReport } from "@modelkeep/registry";

import type { Context } from "../context.js";
import { formatTime, type Output } from "../output.js";

export async function run(context: Context): Promise<void> {
  const { options, output, signal } = context;
  const registry = await context.registry();
  const withPredictions = options.flag("predictions");
  const records = withPredictions ? (await import("@modelkeep/serving")).predictionsOf(registry) : undefined;
  const report = await registry.audit.report({
    model: context.arguments[0],
    from: dayOrTime(options.text("from")),
    to: dayOrTime(options.text("to"), 1),
    ...(records && { predictions: (model, range) => records.find(model, range) }),
    signal,
  });
  if (options.flag("csv")) process.stdout.write(auditCsv(report));
  else output.result(report, () => asText(report, output));
}

function asText({ changes, predictions }: AuditReport, output: Output): string {
  const rows = changes.map(({ time, model, what, void: reason, ...each }) => {
    const effect = reason === undefined ? what : `${what} - without effect: ${reason}`;
    return [formatTime(time), model, effect, each.actor.name, each.approvedBy.join(", "), each.reason];
  });
  const parts = [output.table(["time", "model", "what", "who", "approved by", "reason"], rows)];
  if (predictions !== undefined)
    parts.push(
      "",
      output.table(
        ["model", "version", "asked for as", "predictions", "failed", "first", "last"],
        predictions.map(({ model, version, reference, predictions: count, failed, first, last }) => {
          return [model, version, reference, count, failed, formatTime(first), formatTime(last)];
        }),
      ),
    );
  return parts.join("\n");
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
