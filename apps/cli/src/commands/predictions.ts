import { ModelkeepError } from "@modelkeep/core";
import {
  type FindOptions,
  isPredictionId,
  type PredictionRecord,
  type Predictions,
  predictionsOf,
  recordToJson,
} from "@modelkeep/serving";

import type { Context } from "../context.js";
import { exitCodes } from "../exit-codes.js";
import { counted, formatTime, type Output } from "../output.js";
import { columnsOf } from "../outputs.js";
import { wholeNumber } from "../reference.js";
import { readTime } from "../times.js";

export async function run(context: Context): Promise<number> {
  const { options, output } = context;
  const target = context.arguments[0]!;
  const before = options.text("delete-before");
  const predictions = predictionsOf(await context.registry({ writes: before !== undefined }));
  if (before !== undefined) {
    const batches = await predictions.delete(target, { before: readTime(before) });
    output.result(
      { deleted: batches },
      `${counted(batches, "batch").replace(/batchs$/u, "batches")} of predictions deleted`,
    );
    return exitCodes.ok;
  }
  if (options.flag("check")) return check(predictions, target, output);
  if (isPredictionId(target)) {
    const record = await predictions.get(target);
    if (record === undefined) throw new ModelkeepError("not_found", `No prediction ${target} is on record`);
    output.result(recordToJson(record), () => describeRecord(record));
    return exitCodes.ok;
  }
  const limit = wholeNumber(options.text("limit") ?? "20", "--limit", 1);
  const found: PredictionRecord[] = [];
  for await (const record of predictions.find(target, findOptions(context))) {
    found.push(record);
    if (found.length === limit) break;
  }
  output.result(found.map(recordToJson), () =>
    found.length === 0 ? `No predictions of ${target} are on record` : describeRecords(found, output),
  );
  return exitCodes.ok;
}

/** What the options of `predictions` and `replay` choose. */
export function periodOptions({ options }: Context): Pick<FindOptions, "version" | "caller" | "from" | "to"> {
  const [version, from, to] = [options.text("version"), options.text("from"), options.text("to")];
  return {
    ...(version !== undefined && { version: wholeNumber(version, "--version", 1) }),
    ...(from !== undefined && { from: readTime(from) }),
    ...(to !== undefined && { to: readTime(to, true) }),
    caller: options.text("caller"),
  };
}

function findOptions(context: Context): FindOptions {
  const { options } = context;
  return {
    ...periodOptions(context),
    after: options.text("after"),
    first: options.flag("oldest") ? "oldest" : "newest",
    shadows: options.flag("shadows") ? "only" : "without",
    signal: context.signal,
  };
}

async function check(predictions: Predictions, name: string, output: Output): Promise<number> {
  const report = await predictions.check(name);
  const size = `${counted(report.records, "prediction")} in ${report.batches} objects`;
  output.result(report, () =>
    [report.ok ? `${size}: whole` : size, ...report.problems.map((each) => output.style("red", each))].join("\n"),
  );
  return report.ok ? exitCodes.ok : exitCodes.negative;
}

function describeRecords(records: readonly PredictionRecord[], output: Output): string {
  return output.table(
    ["id", "time", "version", "caller", "ms", "outputs"],
    records.map((record) => [
      record.id,
      formatTime(record.time),
      record.version,
      record.caller ?? "",
      record.latency,
      outputText(record),
    ]),
  );
}

function outputText({ outputs, error, shadow }: PredictionRecord): string {
  if (outputs === undefined) return `failed: ${error?.message ?? ""}`;
  const text = Object.entries(columnsOf(outputs))
    .map(([name, values]) => `${name} ${values.slice(0, 3).map(String).join(" ")}${values.length > 3 ? " …" : ""}`)
    .join(", ");
  if (shadow === undefined) return text.slice(0, 80);
  const differs = shadow.identical
    ? "the same"
    : shadow.labels > 0
      ? "another label"
      : `off by ${shadow.difference.toExponential(1)}`;
  return `${text.slice(0, 60)} (${differs})`;
}

function describeRecord(record: PredictionRecord): string {
  return JSON.stringify(recordToJson(record), undefined, 2);
}
