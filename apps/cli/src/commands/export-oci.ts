import { resolve } from "node:path";

import { exportOci } from "@modelkeep/interchange";

import type { Context } from "../context.js";
import { counted } from "../output.js";
import { progressBar } from "../progress.js";

export async function run(context: Context): Promise<void> {
  const { output, signal, folder, options } = context;
  const [reference, into] = context.arguments as [string, string];
  const registry = await context.registry();
  const envelope = await registry.open(reference);
  const { name, version, reference: exact } = envelope.version;
  const target = resolve(folder, into);
  const bar = progressBar(output, "exporting");
  const exported = await exportOci(envelope, target, {
    name,
    version: String(version),
    tag: options.text("tag"),
    signal,
    progress: bar.report,
  }).finally(bar.stop);
  output.result({ reference: exact, target, ...exported }, () => {
    const { tag, files, digest, existing } = exported;
    const there = existing ? " (was there)" : "";
    return `${exact} → ${target}:${tag}${there}  ${counted(files.length, "layer")}, manifest ${digest}`;
  });
}
