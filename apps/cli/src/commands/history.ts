import type { HistoryEntry, ModelView, RetentionPolicy } from "@modelkeep/registry";

import { ModelkeepError } from "@modelkeep/core";

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

function describeEntry({ number, time, actor, kind, change, void: reason }: HistoryEntry, output: Output): string {
  const text = kind === "retention" && reason === undefined ? retentionText(change) : changeText(change);
  const facts = text.replace("action override", output.style("yellow", "action override"));
  const line = `${String(number).padStart(4)}  ${formatTime(time)}  ${output.style("bold", kind.padEnd(10))}  ${facts}  ${output.style("dim", `by ${actor.name}`)}`;
  return reason === undefined ? line : `${line}\n      ${output.style("red", "void:")} ${reason}`;
}

function retentionText({ policy }: HistoryEntry["change"]): string {
  return policy === null ? "no policy for versions to come" : describePolicy(policy as unknown as RetentionPolicy);
}

const hidden = new Set(["salt", "manifest", "content", "platform"]);

/** The plain values of a change; of a batch, of each change in it. */
function changeText(change: HistoryEntry["change"]): string {
  const { changes } = change as { readonly changes?: readonly { readonly change: HistoryEntry["change"] }[] };
  if (changes !== undefined) return changes.map((each) => changeText(each.change)).join("; ");
  const plain = Object.entries(change)
    .filter(([key, value]) => typeof value !== "object" && !hidden.has(key))
    .map(([key, value]) => `${key} ${value as string | number | boolean}`);
  return [...plain, ...routeTexts(change)].join(", ");
}

/** Of a route: the share of each version, and its shadows. */
function routeTexts({ parts, shadows }: HistoryEntry["change"]): readonly string[] {
  if (parts === null) return ["ended"];
  if (!Array.isArray(parts)) return [];
  const counts = new Map<number, number>();
  for (const part of parts) {
    const { version, from, to } = part as { readonly version: number; readonly from: number; readonly to: number };
    counts.set(version, (counts.get(version) ?? 0) + to - from);
  }
  return [
    ...[...counts].map(([version, count]) => `version ${version} ${count / 100} %`),
    ...(Array.isArray(shadows) ? shadows.map((version) => `version ${version as number} shadow`) : []),
  ];
}
