import type { Context } from "../context.js";
import { privateKey } from "../private-key.js";

export async function run(context: Context): Promise<void> {
  const { options, output, signal } = context;
  const key = await privateKey(context);
  const registry = await context.registry();
  const note = await registry.audit.checkpoint(key, { origin: options.text("origin"), signal });
  if (output.json) output.result({ note, keyId: key.keyId }, "");
  // Byte for byte: a redirect into a file is the checkpoint.
  else process.stdout.write(note);
  output.note("Keep it where nobody who can write to the store can write");
}
