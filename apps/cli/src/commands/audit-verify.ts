import { readFile } from "node:fs/promises";
import { resolve } from "node:path";

import { type NoteVerifier, parsePublicKey, parseVerifierKey } from "@modelkeep/attest";
import { ModelkeepError } from "@modelkeep/core";

import type { Context } from "../context.js";
import { exitCodes } from "../exit-codes.js";
import { counted } from "../output.js";
import { progressBar } from "../progress.js";

export async function run(context: Context): Promise<number> {
  const { options, output, folder, signal } = context;
  const [since, key] = [options.text("since"), options.text("key")];
  if (since === undefined || key === undefined)
    throw new ModelkeepError(
      "invalid_input",
      "Name the checkpoint with --since, and with --key the public key that signed it",
    );
  const note = await readFile(resolve(folder, since), "utf8");
  const verifiers = [verifier(await readFile(resolve(folder, key), "utf8"), note)];
  const registry = await context.registry();
  const bar = progressBar(output, "reading histories");
  const report = await registry.audit.verify(note, { verifiers, signal, progress: bar.report }).finally(bar.stop);
  output.result(report, () =>
    [
      ...report.problems.map(({ code, message }) => `${output.style("red", code)}  ${message}`),
      report.ok
        ? `${output.style("green", "only extended")}  ${counted(report.models, "model")} since the checkpoint of ${report.origin}; new since then: ${report.newEntries} in their histories, ${counted(report.newModels.length, "model")}`
        : `Changed since the checkpoint of ${report.origin}: ${report.problems.length} of ${counted(report.models, "model")}`,
    ].join("\n"),
  );
  return report.ok ? exitCodes.ok : exitCodes.negative;
}

/** A key in PEM counts under the origin that the note gives: whoever holds the key vouches for the origin too. */
function verifier(text: string, note: string): NoteVerifier {
  if (!text.includes("-----BEGIN")) return parseVerifierKey(text);
  return { name: note.slice(0, Math.max(0, note.indexOf("\n"))), key: parsePublicKey(text) };
}
