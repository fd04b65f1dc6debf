import { ModelkeepError } from "@modelkeep/core";
import type { RetentionPreview } from "@modelkeep/registry";

import type { Context } from "../context.js";
import { counted, formatBytes, type Output } from "../output.js";

export async function run({ arguments: given, options, output, registry: open, signal }: Context): Promise<void> {
  const registry = await open();
  const names = given.length === 0 ? undefined : given;
  const preview = await registry.retention.preview({ names, at: dateOf(options.text("at")), signal });
  output.result(preview, () => describePreview(preview, output));
}

export function describePreview(preview: RetentionPreview, output: Output): string {
  const touched = [...preview.delete, ...preview.archive];
  const rows = touched.map(({ reference, action, to, reasons, size }) => [
    reference,
    action === "archive" ? `move to ${to!}` : output.style("red", "delete"),
    formatBytes(size),
    reasons.join("; "),
  ]);
  const sum = `${counted(preview.models, "model")}: ${counted(preview.delete.length, "version")} to delete, ${preview.archive.length} to move, ${preview.kept} kept`;
  return rows.length === 0 ? sum : `${output.table(["version", "what", "size", "why"], rows)}\n${sum}`;
}

export function dateOf(text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  const date = new Date(text);
  if (!Number.isNaN(date.getTime())) return date;
  throw new ModelkeepError("invalid_input", `--at is a date such as 2030-03-01, not ${JSON.stringify(text)}`);
}
