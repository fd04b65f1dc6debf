import { type Inputs, ModelkeepError } from "@modelkeep/core";
import {
  type AgainstReport,
  isPredictionId,
  recordToJson,
  replay,
  replayAgainst,
  type Replayed,
} from "@modelkeep/serving";

import type { Context } from "../context.js";
import { exitCodes } from "../exit-codes.js";
import { counted, formatTime, type Output } from "../output.js";
import { wholeNumber } from "../reference.js";
import { collect, readRows } from "../rows.js";
import { periodOptions } from "./predictions.js";

export async function run(context: Context): Promise<number> {
  const { options, output, signal } = context;
  const target = context.arguments[0]!;
  const against = options.text("against");
  if (against === undefined && !isPredictionId(target))
    throw new ModelkeepError(
      "invalid_input",
      `${JSON.stringify(target)} is no id of a prediction: modelkeep predictions NAME shows them. To compare versions, add --against`,
    );
  const registry = await context.registry({ withPlugins: true, attested: true });
  if (against === undefined) {
    const input = options.text("input");
    const inputs = input === undefined ? undefined : ((await collect(readRows(input))) as Inputs);
    const replayed = await replay(registry, target, { inputs, signal });
    const { record, outputs, ...rest } = replayed;
    const again = recordToJson({ ...record, outputs }) as { readonly outputs: unknown };
    output.result({ ...rest, outputs: again.outputs, record: recordToJson(record) }, () =>
      describeReplay(replayed, output),
    );
    return replayed.reproduced ? exitCodes.ok : exitCodes.negative;
  }
  const limit = options.text("limit");
  const report = await replayAgainst(registry, target, candidateOf(target, against), {
    ...periodOptions(context),
    ...(limit !== undefined && { limit: wholeNumber(limit, "--limit", 1) }),
    examples: wholeNumber(options.text("examples") ?? "10", "--examples"),
    signal,
  });
  output.result(report, () => describeAgainst(target, report, output));
  return exitCodes.ok;
}

/** "@candidate", "candidate" and "4" are of the model itself. */
function candidateOf(model: string, text: string): string {
  if (text.startsWith("@")) return `${model}${text}`;
  return text.includes("@") ? text : `${model}@${text}`;
}

function describeReplay(replayed: Replayed, output: Output): string {
  const { record, identical, reproduced, sameRuntime, worst, runtime, representation } = replayed;
  const lines = [
    `${record.model}@${record.version} answered on ${formatTime(record.time)}, as ${record.reference}${record.caller === undefined ? "" : `, to ${record.caller}`}`,
    `  ${record.digest}`,
    `  ${representation} by ${runtime.name} ${runtime.version}${sameRuntime ? ", as then" : `; then ${record.representation} by ${record.runtime.name} ${record.runtime.version}`}`,
  ];
  const found = worst && `${worst.name}[${worst.index?.join(", ") ?? ""}] is ${worst.found}, then ${worst.expected}`;
  if (identical) lines.push(output.style("green", "the same answer, bit for bit"));
  else if (reproduced)
    lines.push(output.style("green", `the same within 1e-6${found === undefined ? "" : `: ${found}`}`));
  else lines.push(output.style("red", `another answer${found === undefined ? "" : `: ${found}`}`));
  return lines.join("\n");
}

function describeAgainst(model: string, report: AgainstReport, output: Output): string {
  const { compared, changed, examples, identical } = report;
  const skipped = [
    report.withoutInputs > 0 ? [`${report.withoutInputs} without inputs on record`] : [],
    report.failedThen > 0 ? [`${report.failedThen} that failed then`] : [],
    report.failed > 0 ? [`${report.failed} that ${report.candidate} fails at (${report.firstFailure!.message})`] : [],
  ].flat();
  const share = compared === 0 ? "" : ` (${((100 * changed) / compared).toFixed(2)} %)`;
  const lines = [
    `${counted(report.predictions, "prediction")} of ${model}, answered again by ${output.style("bold", report.candidate)}${skipped.length > 0 ? `; not compared: ${skipped.join(", ")}` : ""}`,
    `  identical       ${identical} of ${compared}`,
    `  other labels    ${changed}${share}`,
  ];
  const numbers = Object.entries(report.numbers);
  if (numbers.length > 0) {
    const text = (value: number) => (value === 0 ? "0" : value.toPrecision(3));
    const rows = numbers.map(([name, { elements, mean, max, p50, p90, p99 }]) => [
      name,
      elements,
      ...[mean, p50, p90, p99, max].map(text),
    ]);
    lines.push("", output.table(["difference of", "values", "mean", "p50", "p90", "p99", "max"], rows));
  }
  if (examples.length > 0) {
    const rows = examples.map(({ id, output: name, row, before, after }) => [id, `${name}[${row}]`, before, after]);
    lines.push("", output.table(["prediction", "output", "was", "would be"], rows));
  }
  return lines.join("\n");
}
