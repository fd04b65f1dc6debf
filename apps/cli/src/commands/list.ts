import type { ListedModel, ModelView, VersionView } from "@modelkeep/registry";

import type { Context } from "../context.js";
import { counted, formatBytes, formatTime, type Output } from "../output.js";
import { wholeNumber } from "../reference.js";

export async function run(context: Context): Promise<void> {
  const { output, options } = context;
  const registry = await context.registry();
  const [name] = context.arguments;
  const limit = options.text("limit") === undefined ? Infinity : wholeNumber(options.text("limit")!, "--limit", 1);
  if (name !== undefined) {
    const model = await registry.show(name);
    const versions = model.versions.slice(0, limit);
    output.result({ ...model, versions }, () => describeVersions(model, versions, output));
    return;
  }
  const models: ListedModel[] = [];
  let next: string | undefined;
  do {
    const page = await registry.list({ limit: Math.min(limit - models.length, 1000), cursor: next });
    models.push(...page.items);
    next = page.next;
  } while (next !== undefined && models.length < limit);
  const { url } = await context.place();
  output.result(models, () => describeModels(models, url, output));
}

function describeModels(models: readonly ListedModel[], url: string, output: Output): string {
  if (models.length === 0) return `No models in ${url} yet: modelkeep save <name> <file> adds the first`;
  const rows = models.map(({ name, versions, aliases, overridden, changed, latest, deleted }) => [
    deleted === true ? `${name} (${output.style("red", "deleted")})` : name,
    versions,
    Object.entries(aliases)
      .map(
        ([alias, version]) =>
          `${alias} → ${version}${overridden?.includes(alias) === true ? overrideText(output) : ""}`,
      )
      .join(", "),
    metricsText(latest),
    formatTime(changed),
  ]);
  return output.table(["model", "versions", "aliases", "metrics of the newest", "changed"], rows);
}

function describeVersions(model: ModelView, versions: readonly VersionView[], output: Output): string {
  const rows = versions.map((version) => [
    version.version,
    [
      ...version.aliases.map(
        (alias) =>
          output.style("green", alias) + (version.overridden?.includes(alias) === true ? overrideText(output) : ""),
      ),
      ...version.labels,
    ].join(", "),
    statusText(version, output),
    metricsText(version),
    formatBytes(version.size),
    proofText(version),
    formatTime(version.registered),
    version.author?.name ?? version.registeredBy.name,
  ]);
  const hidden = model.versions.length - versions.length;
  return (
    noteText(model, output) +
    output.table(["version", "aliases, labels", "status", "metrics", "size", "samples", "registered", "author"], rows) +
    (hidden > 0 ? `\nand ${hidden} more` : "") +
    voidText(model, output)
  );
}

/** Entries without effect come from faulty or hostile writers: somebody should look. */
function voidText({ name, voids }: ModelView, output: Output): string {
  if (voids.length === 0) return "";
  const last = voids.at(-1)!;
  const count = `${counted(voids.length, "entry", "entries")} of the history without effect`;
  return `\n${output.style("yellow", count)}, the last one ${last.kind} (${last.number}): ${last.reason}; modelkeep history ${name} shows all`;
}

/** An alias that points where it does against its policy stands out. */
function overrideText(output: Output): string {
  return output.style("yellow", " (override)");
}

/** "archived (GLACIER)", "active, held", "deleted". */
function statusText({ status, storage, holds }: VersionView, output: Output): string {
  const text = storage === undefined ? status : `${status} (${storage})`;
  return holds.length === 0 ? text : `${text}, ${output.style("yellow", "held")}`;
}

/** What is to be known before the versions: that the model is deleted, or held. */
function noteText({ deletion, holds }: ModelView, output: Output): string {
  const deleted =
    deletion === undefined
      ? []
      : [
          `${output.style("red", "deleted")} ${formatTime(deletion.time)} by ${deletion.actor.name}: ${deletion.reason}`,
        ];
  const held = holds.map(({ name, reason }) => `${output.style("yellow", "held")} by "${name}": ${reason}`);
  return [...deleted, ...held].map((line) => `${line}\n`).join("");
}

export function metricsText(version: Pick<VersionView, "metrics"> | undefined): string {
  return Object.entries(version?.metrics ?? {})
    .slice(0, 4)
    .map(([name, value]) => `${name} ${shortNumber(value)}`)
    .join(", ");
}

export function shortNumber(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(5)));
}

/** What is known of a version's samples. */
export function proofText({ samples, verifications }: VersionView): string {
  if (samples === undefined) return "none";
  const last = verifications.at(-1);
  if (last === undefined) return `${samples} rows, not verified yet`;
  return last.ok ? `verified (${last.runtime}, ${last.where})` : `FAILED (${last.runtime})`;
}
