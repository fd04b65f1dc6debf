import { copyRegistry } from "@modelkeep/registry";

import type { Context } from "../context.js";
import { counted, formatBytes } from "../output.js";
import { progressBar } from "../progress.js";

export async function run(context: Context): Promise<void> {
  const { output, signal } = context;
  const [url, ...references] = context.arguments as [string, ...string[]];
  const bar = progressBar(output, `copying to ${url}`);
  if (references.length === 0) {
    const [from, to] = await Promise.all([context.store(), context.store(url)]);
    const copied = await copyRegistry(from, to, { signal, progress: bar.report }).finally(bar.stop);
    output.result(
      copied,
      `Copied ${counted(copied.models, "model")}: ${counted(copied.objects, "object")}, ${formatBytes(copied.bytes)} that were not there`,
    );
    return;
  }
  const source = await context.registry();
  const target = await context.registry({ url, writes: true });
  const saved = [];
  for (const reference of references) {
    const {
      reference: copy,
      digest,
      existing,
    } = await source.copy(reference, target, { signal, progress: bar.report });
    saved.push({ from: reference, reference: copy, digest, existing });
  }
  bar.stop();
  output.result(
    saved,
    saved.map((each) => `${each.from} → ${url}: ${each.reference}${each.existing ? " (was there)" : ""}`).join("\n"),
  );
}
