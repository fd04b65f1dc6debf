import { resolve } from "node:path";

import { unpackEnvelope } from "@modelkeep/core/node";

import type { Context } from "../context.js";
import { inFile } from "../in-file.js";
import { openPackageAt } from "../open-path.js";
import { counted } from "../output.js";
import { progressBar } from "../progress.js";

/** With a folder the files are laid out there; without one the package becomes the next version of its model. */
export async function run(context: Context): Promise<void> {
  const { output, options, signal, folder } = context;
  const [file, into] = context.arguments as [string, string?];
  const envelope = await inFile(file, openPackageAt(resolve(folder, file), context.identities));
  const bar = progressBar(output, `unpacking ${file}`);
  if (into !== undefined) {
    const target = resolve(folder, into);
    await unpackEnvelope(envelope, target, { signal, progress: bar.report }).finally(bar.stop);
    output.result(
      { folder: target, digest: envelope.digest },
      `${file} → ${target}  ${counted(envelope.manifest.payloads.length, "file")}, verified`,
    );
    return;
  }
  const registry = await context.registry({ writes: true });
  const saved = await registry
    .importEnvelope(envelope, { name: options.text("as"), signal, progress: bar.report })
    .finally(bar.stop);
  for (const { path, message } of saved.leftAttestations ?? []) output.warn(`${path} was left out. ${message}`);
  output.result(
    { reference: saved.reference, digest: saved.digest, existing: saved.existing },
    saved.existing ? `${saved.reference} has the same content: nothing was added` : `Registered ${saved.reference}`,
  );
}
