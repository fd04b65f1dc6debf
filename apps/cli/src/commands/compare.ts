import type { Comparison, VersionView } from "@modelkeep/registry";

import type { Context } from "../context.js";
import { formatBytes, formatTime, type Output } from "../output.js";
import { foldsText } from "../folds.js";
import { shortNumber } from "./list.js";

export async function run(context: Context): Promise<void> {
  const { output } = context;
  const registry = await context.registry();
  const references = context.arguments;
  const versions = await Promise.all(references.map((reference) => registry.resolve(reference)));
  const comparisons = await Promise.all(
    references.slice(1).map((reference) => registry.compare(references[0]!, reference)),
  );
  output.result({ versions, comparisons }, () =>
    [sideBySide(versions, output), ...comparisons.map(describeRest)].filter((text) => text !== "").join("\n\n"),
  );
}

/** Metrics and parameters, one column a version. */
function sideBySide(versions: readonly VersionView[], output: Output): string {
  const names = (pick: (version: VersionView) => Readonly<Record<string, unknown>>) => [
    ...new Set(versions.flatMap((version) => Object.keys(pick(version)))),
  ];
  const best = (name: string) => Math.max(...versions.map(({ metrics }) => metrics[name] ?? -Infinity));
  const rows: (string | undefined)[][] = [
    ["status", ...versions.map(({ status, aliases }) => [status, ...aliases].join(", "))],
    ["registered", ...versions.map(({ registered }) => formatTime(registered))],
    ["size", ...versions.map(({ size }) => formatBytes(size))],
    ...names(({ metrics }) => metrics).map((name) => [
      name,
      ...versions.map(({ metrics }) => metricCell(metrics[name], best(name), output)),
    ]),
    ...names(({ parameters }) => parameters).map((name) => [
      name,
      ...versions.map(({ parameters }) => (parameters[name] === undefined ? "" : String(parameters[name]))),
    ]),
  ];
  return output.table(["", ...versions.map(({ reference }) => reference)], rows);
}

function metricCell(value: number | undefined, best: number, output: Output): string {
  if (value === undefined) return "";
  return value === best ? output.style("bold", shortNumber(value)) : shortNumber(value);
}

function describeRest(comparison: Comparison): string {
  const { left, right, sameContent, crossValidation, trained, libraries, signature, data, source, payloads } =
    comparison;
  const lines: string[] = [];
  if (sameContent) lines.push("the same files");
  const files = Object.entries(payloads).map(([path, { left: before, right: after }]) =>
    before === undefined ? `+ ${path}` : after === undefined ? `- ${path}` : `± ${path}`,
  );
  if (files.length > 0) lines.push(`files: ${files.join(", ")}`);
  if (trained !== undefined) lines.push(`trained: ${trained.left ?? "not told"} → ${trained.right ?? "not told"}`);
  for (const [name, { left: before, right: after }] of Object.entries(crossValidation))
    lines.push(`cross-validation ${name}: ${foldsText(before)} → ${foldsText(after)}`);
  for (const [name, { left: before, right: after }] of Object.entries(libraries))
    lines.push(`library ${name}: ${before ?? "none"} → ${after ?? "none"}`);
  if (signature !== undefined) lines.push("the signatures differ");
  if (data !== undefined) lines.push("the training data differ");
  if (source !== undefined) lines.push("the sources differ");
  return lines.length === 0 ? "" : `${left} → ${right}\n${lines.map((line) => `  ${line}`).join("\n")}`;
}
