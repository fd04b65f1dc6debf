import { resolve } from "node:path";

import { exportMlflow } from "@modelkeep/interchange";

import type { Context } from "../context.js";
import { counted } from "../output.js";

export async function run(context: Context): Promise<void> {
  const { output, signal, folder } = context;
  const [reference, into] = context.arguments as [string, string];
  const registry = await context.registry();
  const envelope = await registry.open(reference);
  const target = resolve(folder, into);
  const exported = await exportMlflow(envelope, target, { reference: envelope.version.reference, signal });
  output.result({ reference: envelope.version.reference, folder: target, ...exported }, () => {
    const what = exported.original ? "as it came from MLflow" : `with the flavors ${exported.flavors.join(", ")}`;
    return `${envelope.version.reference} → ${target}  ${counted(exported.files.length, "file")}, ${what}`;
  });
}
