import { copyRegistry } from "@modelkeep/registry";

import type { Context } from "../context.js";
import { counted, formatBytes } from "../output.js";
import { UsageError } from "../parse.js";
import { progressBar } from "../progress.js";
import type { StoreRequest } from "../stores.js";

export async function run(context: Context): Promise<void> {
  const { output, signal } = context;
  const { from, to, target: name, references } = ends(context);
  const bar = progressBar(output, `copying to ${name}`);
  if (references.length === 0) {
    const stores = await Promise.all([context.store(from), context.store(to)]);
    const copied = await copyRegistry(...stores, { signal, progress: bar.report }).finally(bar.stop);
    output.result(
      copied,
      `Copied ${counted(copied.models, "model")}: ${counted(copied.objects, "object")}, ${formatBytes(copied.bytes)} that were not there`,
    );
    return;
  }
  const source = await context.registry({ at: from });
  const target = await context.registry({ at: to, writes: true });
  const saved = [];
  for (const reference of references) {
    const {
      reference: copy,
      digest,
      existing,
      leftAttestations = [],
    } = await source.copy(reference, target, { signal, progress: bar.report });
    for (const { message } of leftAttestations) output.warn(`An attestation of ${reference} was left out. ${message}`);
    saved.push({ from: reference, reference: copy, digest, existing });
  }
  bar.stop();
  output.result(
    saved,
    saved.map((each) => `${each.from} → ${name}: ${each.reference}${each.existing ? " (was there)" : ""}`).join("\n"),
  );
}

/** A store as the first argument, or environments by name. */
function ends({ options, arguments: given }: Context): {
  from: StoreRequest | undefined;
  to: StoreRequest;
  target: string;
  references: readonly string[];
} {
  const [from, to] = [options.text("from"), options.text("to")];
  const start = from === undefined ? undefined : { environment: from };
  if (to !== undefined) return { from: start, to: { environment: to }, target: to, references: given };
  const [url, ...references] = given;
  if (url === undefined) throw new UsageError("copy needs <to-store> or --to <environment>");
  return { from: start, to: url, target: url, references };
}
