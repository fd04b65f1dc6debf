import { resolve } from "node:path";

import { ModelkeepError, nameToSegment } from "@modelkeep/core";
import { writePackageFile } from "@modelkeep/core/node";

import type { Context } from "../context.js";
import { wholeNumber } from "../reference.js";
import { progressBar } from "../progress.js";

export async function run(context: Context): Promise<void> {
  const { output, options, signal } = context;
  const registry = await context.registry({ attested: true });
  const envelope = await registry.open(context.arguments[0]!);
  const { name, version } = envelope.version;
  const file = resolve(context.folder, context.arguments[1] ?? `${nameToSegment(name)}-${version}.model.zip`);
  const level = wholeNumber(options.text("level") ?? "0", "--level");
  if (level > 9) throw new ModelkeepError("invalid_input", "--level is 0 (stored) to 9");
  const bar = progressBar(output, `packing ${name}@${version}`);
  await writePackageFile(file, envelope, { signal, progress: bar.report, ...(level === 0 ? {} : { level }) }).finally(
    bar.stop,
  );
  output.result({ reference: `${name}@${version}`, file, digest: envelope.digest }, `${name}@${version} → ${file}`);
}
