import { resolve } from "node:path";

import { checkCompatibility } from "../compatibility.js";
import type { Context } from "../context.js";
import { counted, formatBytes } from "../output.js";
import { progressBar } from "../progress.js";

export async function run(context: Context): Promise<void> {
  const { output, signal, folder } = context;
  const registry = await context.registry({ attested: true });
  const { unpackEnvelope } = await import("@modelkeep/core/node");
  const envelope = await registry.open(context.arguments[0]!);
  await checkCompatibility(context, envelope.manifest);
  const { name, version } = envelope.version;
  const target = resolve(folder, context.arguments[1] ?? `${name}-${version}`);
  const bar = progressBar(output, `pulling ${name}@${version}`);
  await unpackEnvelope(envelope, target, { signal, progress: bar.report }).finally(bar.stop);
  const { payloads } = envelope.manifest;
  const size = payloads.reduce((sum, payload) => sum + payload.size, 0);
  output.result(
    {
      reference: `${name}@${version}`,
      folder: target,
      digest: envelope.digest,
      files: payloads.map(({ path }) => path),
    },
    `${name}@${version} → ${target}  ${counted(payloads.length, "file")}, ${formatBytes(size)}, verified`,
  );
}
