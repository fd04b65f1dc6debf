import type { Context } from "../context.js";
import { formatBytes } from "../output.js";
import { describePolicy } from "../retention-text.js";
import { dateOf } from "./retention-preview.js";

export async function run({ arguments: given, options, output, registry: open, signal }: Context): Promise<void> {
  const registry = await open();
  const view = await registry.retention.show(given[0]!, { at: dateOf(options.text("at")), signal });
  output.result(view, () => {
    const rows = view.versions.map(({ version, action, to, reasons, keptUntil, size }) => [
      version,
      action === "archive" ? `move to ${to!}` : action,
      keptUntil?.slice(0, 10),
      formatBytes(size),
      reasons.join("; "),
    ]);
    const holds = view.holds.map(({ name, reason, actor }) => `hold "${name}" by ${actor.name}: ${reason}\n`);
    const policy = view.policy === undefined ? "no policy" : describePolicy(view.policy);
    return `${output.style("bold", view.name)}  ${policy}\n${holds.join("")}${output.table(["version", "now", "kept until", "size", "why"], rows)}`;
  });
}
