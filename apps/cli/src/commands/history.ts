import { ModelkeepError } from "@modelkeep/core";
import { changesOf, type HistoryEntry, type ModelView, type RetentionPolicy } from "@modelkeep/registry";

import type { Context } from "../context.js";
import { formatTime, type Output } from "../output.js";
import { wholeNumber } from "../reference.js";
import { describePolicy } from "../retention-text.js";

export async function run(context: Context): Promise<void> {
  const { options, output } = context;
  const registry = await context.registry();
  const name = context.arguments[0]!;
  const time = options.text("as-of");
  if (time !== undefined) {
    const model = await registry.asOf(name, parseTime(time));
    output.result(model, () => describeThen(name, time, model));
    return;
  }
  const alias = options.text("alias");
  const limit = options.text("limit") === undefined ? Infinity : wholeNumber(options.text("limit")!, "--limit", 1);
  const all = (await registry.history(name)).filter(({ change }) => alias === undefined || change["alias"] === alias);
  const shown = all.slice(-limit === -Infinity ? 0 : -limit);
  output.result(shown, () => shown.map((entry) => describeEntry(entry, output)).join("\n"));
}

/** A date without a time means its end, in UTC: what was true after everything that happened on that day. */
function parseTime(text: string): Date {
  const time = new Date(/^\d{4}-\d{2}-\d{2}$/u.test(text) ? `${text}T23:59:59.999Z` : text);
  if (Number.isNaN(time.getTime()))
    throw new ModelkeepError(
      "invalid_input",
      `${JSON.stringify(text)} is no date: write 2026-03-03 or 2026-03-03T12:00:00Z`,
    );
  return time;
}

function describeThen(name: string, time: string, { aliases, versions }: ModelView): string {
  if (versions.length === 0) return `${name} did not exist on ${time}`;
  const pointed = Object.entries(aliases).map(([alias, version]) => `  ${name}@${alias} was version ${version}`);
  return [
    `On ${time}, of ${versions.length} version${versions.length === 1 ? "" : "s"}:`,
    ...(pointed.length > 0 ? pointed : ["  no alias was set"]),
  ].join("\n");
}

/** A line for each change; the number and the time of an entry stand on its first. */
function describeEntry(entry: HistoryEntry, output: Output): string {
  const start = `${String(entry.number).padStart(4)}  ${formatTime(entry.time)}`;
  const by = output.style("dim", `by ${entry.actor.name}`);
  const lines = changesOf(entry.model, [entry]).map(({ what, reason }, index) => {
    const said = what.replace("overriding its policy", output.style("yellow", "overriding its policy"));
    const policy = entry.kind === "retention" && entry.void === undefined ? `: ${retentionText(entry.change)}` : "";
    const why = reason === undefined ? "" : `: ${reason}`;
    return `${index === 0 ? start : " ".repeat(start.length)}  ${said}${policy}${why}  ${by}`;
  });
  if (entry.void !== undefined) lines.push(`      ${output.style("red", "void:")} ${entry.void}`);
  return lines.join("\n");
}

function retentionText({ policy }: HistoryEntry["change"]): string {
  return policy === null ? "no policy for versions to come" : describePolicy(policy as unknown as RetentionPolicy);
}
