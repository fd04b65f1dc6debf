import type { Context } from "../context.js";
import { formatTime } from "../output.js";
import { wholeNumber } from "../reference.js";
import { metricsText } from "./list.js";

export async function run(context: Context): Promise<void> {
  const { output, options } = context;
  const registry = await context.registry();
  const limit = wholeNumber(options.text("limit") ?? "50", "--limit", 1);
  const page = await registry.search(context.arguments[0] ?? "", {
    orderBy: options.text("order"),
    limit,
    cursor: options.text("after"),
  });
  output.result(page, () => {
    if (page.items.length === 0) return "No version matches";
    const rows = page.items.map((version) => [
      version.reference,
      version.aliases.join(", "),
      version.status,
      metricsText(version),
      formatTime(version.registered),
      version.author?.name,
    ]);
    return (
      output.table(["version", "aliases", "status", "metrics", "registered", "author"], rows) +
      (page.next === undefined ? "" : `\nMore: --after ${page.next}`)
    );
  });
}
