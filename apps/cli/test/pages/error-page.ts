import { coreErrorCodes, usedErrorCodes } from "./error-codes.js";

/** What the codes mean that core does not know. A code that is missing here, or used no more, fails a test. */
export const pluginErrorCodes: Readonly<Record<string, string>> = {
  archived:
    "The bytes lie where they cannot be read now: in an archive that is not open, or in a storage class that must be thawed first; the message says how.",
  attestation_incomplete: "An attestation covers other files than the envelope holds.",
  attestation_invalid: "An attestation was not made by the key that it names, or was changed since.",
  attestation_malformed: "A file that should hold an attestation has another form.",
  attestation_mismatch: "An attestation is of another manifest or another model's name, or binds no name.",
  attestation_missing: "Nobody whose attestation is asked for vouches for the version.",
  attestation_untrusted:
    "An attestation was made by a key that is not trusted, or a certificate leads to no trusted root.",
  backlog_full:
    "Too much waits: predictions to be recorded, where the log was told to refuse, or to be made by an isolated model.",
  damaged_log: "The history of a model is not the one that was written: an entry is missing, changed or out of order.",
  deleted: "The version or the model was deleted; its tombstone, its manifest and its history are kept.",
  gate_refused:
    "The policy of an alias forbids the move; `details.faults` has every condition that is not met, and the sentence names them.",
  invalid_filter: "A search filter breaks its grammar; the message points at the character.",
  no_identity: "What is encrypted is encrypted to others: no identity or passphrase that was given opens it.",
  not_encrypted: "A store was opened as an encrypted one and holds plain objects.",
  not_fitted: "The estimator in the file was never fitted, or not wholly: there is nothing to convert.",
  note_untrusted: "A checkpoint was changed since it was signed, or nobody who is trusted signed it.",
  pickle_global:
    "A pickle names something that is not known to be plain data: what a loader would have imported or called.",
  prediction_failed: "The native runtime refused the inputs or failed while it computed.",
  rolled_back: "The store holds an older state of a history than was seen before, or another one.",
  runtime_crashed: "The process that a model was verified or run in ended without an answer.",
  summary_mismatch: "The history describes a version otherwise than its manifest does: reported by a check.",
  tampered:
    "What is encrypted is not what was written: bytes of it were changed, or a key ring was put in the place of another.",
  unusable_key: "A file that should hold a key holds something else, or a key of a kind that is not used here.",
};

/** `docs/errors.md`. */
export function errorPage(exitCodeOf: (code: string) => number): string {
  const used = usedErrorCodes();
  const packages = (code: string) => (used.get(code) ?? []).map((name) => `\`${name}\``).join(", ");
  return `<!-- Written by apps/cli/test/pages/error-page.test.ts from the sources: change it there, then run that test with -u. -->

# Errors

Trouble is a \`ModelkeepError\`: a stable \`code\` for programs, a sentence for people that says what is wrong, where, and what to
do, \`details\` where a program may want them, and the \`cause\`. Codes are a promise; sentences get better. What is merely absent is
\`undefined\`, and misuse by the programmer is a \`TypeError\`.

\`\`\`ts
import { isModelkeepError } from "@modelkeep/core";
import { openRegistry } from "@modelkeep/registry";
import { memoryStore } from "@modelkeep/store-memory";

const registry = await openRegistry({ store: memoryStore(), actor: "Ada" });
try {
  await registry.load("iris@production");
} catch (error) {
  if (!isModelkeepError(error, "not_found")) throw error;
  console.log(error.message);
}
\`\`\`

\`isModelkeepError\` also recognises errors of another copy of \`@modelkeep/core\` in the same program; \`instanceof\` would not. With
\`--json\` the command line prints \`{"error":{"code","message","details"}}\` to standard error.

| code | meaning | exit code of the command line |
|---|---|---|
${coreErrorCodes()
  .map(({ code, meaning }) => `| ${anchored(code)} | ${meaning} | ${exitCodeOf(code)} |`)
  .join("\n")}

Some packages have codes of their own:

| code | meaning | from | exit code |
|---|---|---|---|
${Object.entries(pluginErrorCodes)
  .map(([code, meaning]) => `| ${anchored(code)} | ${meaning} | ${packages(code)} | ${exitCodeOf(code)} |`)
  .join("\n")}

The command line adds \`usage\` (${exitCodeOf("usage")}), for a command line that can't be understood, and \`failed\` for what no package expected.
`;
}

/** Other pages lead to `errors.md#not_found`. */
function anchored(code: string): string {
  return `<a id="${code}"></a>\`${code}\``;
}
