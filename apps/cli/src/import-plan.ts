import type { ImportedVersion, ImportPlan } from "@modelkeep/interchange";

import type { Context } from "./context.js";
import { counted } from "./output.js";
import { progressBar } from "./progress.js";

/** Shows a plan, or carries it out and tells what became of each version. 1 when something could not be saved, or nothing was. */
export async function runPlan(context: Context, plan: ImportPlan): Promise<number> {
  const { output, options, signal } = context;
  if (options.flag("dry-run")) {
    output.result(plan, () => planText(context, plan));
    return 0;
  }
  const { runImport } = await import("@modelkeep/interchange");
  const registry = await context.registry({ withPlugins: true, writes: true });
  const bar = progressBar(output, "importing", { unit: "version" });
  const report = await runImport(registry, plan, { signal, progress: bar.report }).finally(bar.stop);
  const failed = report.versions.filter(({ outcome }) => outcome === "failed");
  output.result(report, () => {
    const count = (outcome: ImportedVersion["outcome"]) =>
      report.versions.filter((each) => each.outcome === outcome).length;
    return [
      `${counted(count("saved"), "version")} saved, ${count("there already")} there already, ${failed.length} failed; ${counted(plan.left.length, "file")} left`,
      ...report.versions.flatMap((each) =>
        noteText(`${each.name}@${each.version ?? each.label}  ${each.outcome}, from ${each.from}`, each.notes),
      ),
      ...leftText(plan),
    ].join("\n");
  });
  return failed.length > 0 || report.versions.length === 0 || plan.left.some((each) => each.failed) ? 1 : 0;
}

function planText({ output }: Context, plan: ImportPlan): string {
  const rows = plan.versions.map((each) => [
    each.name,
    each.label,
    each.aliases.join(", "),
    each.files.length,
    Object.entries(each.metadata.metrics ?? {})
      .slice(0, 3)
      .map(([name, value]) => `${name} ${value}`)
      .join(", "),
    each.from,
  ]);
  return [
    `${plan.source} is ${plan.kind}: ${counted(plan.versions.length, "version")} would be saved`,
    output.table(["name", "label", "alias", "files", "metrics", "from"], rows),
    ...plan.versions.flatMap((each) => noteText(`${each.name}@${each.label}`, each.notes)),
    ...leftText(plan),
  ].join("\n");
}

function noteText(heading: string, notes: readonly string[]): string[] {
  return notes.length === 0 ? [] : [`  ${heading}`, ...notes.map((note) => `    ${note}`)];
}

const mostShown = 20;

function leftText({ left }: ImportPlan): string[] {
  if (left.length === 0) return [];
  const shown = left.slice(0, mostShown).map(({ path, reason }) => `  ${path}  ${reason}`);
  const more = left.length > mostShown ? [`  and ${left.length - mostShown} more (--json lists them)`] : [];
  return ["Left where they are:", ...shown, ...more];
}
