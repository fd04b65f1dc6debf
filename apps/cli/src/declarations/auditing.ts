import type { Command } from "../command.js";

export const auditing: readonly Command[] = [
  {
    name: "audit checkpoint",
    summary: "print a signed note of how far every history goes, to keep elsewhere",
    positionals: "",
    count: [0, 0],
    options: {
      key: { type: "string", value: "<key.pem>", description: "an Ed25519 private key" },
      origin: {
        type: "string",
        value: "<name>",
        description: "what the registry is called in the note (default: modelkeep/ID)",
      },
    },
    notes: [
      "Keep the note where nobody who can write to the store can write: with it, every later edit, deletion or rollback of what is there now is found. A history that is damaged already is not signed.",
    ],
    examples: [
      "modelkeep keys new audit.pem --algorithm ed25519",
      "modelkeep audit checkpoint --key audit.pem > 2026-03-01.note",
    ],
    run: () => import("../commands/audit-checkpoint.js"),
  },
  {
    name: "audit verify",
    summary: "prove that every history was only extended since a checkpoint",
    positionals: "",
    count: [0, 0],
    options: {
      since: { type: "string", value: "<note>", description: "the checkpoint" },
      key: {
        type: "string",
        value: "<pub.pem>",
        description: "the public key that signed it, in PEM or as a verifier key on one line",
      },
    },
    notes: ["The exit code is 1 where a history was changed, shortened or removed."],
    examples: ["modelkeep audit verify --since 2026-03-01.note --key audit.pub.pem"],
    run: () => import("../commands/audit-verify.js"),
  },
  {
    name: "audit report",
    summary: "say who changed what and who had approved it, as a table, page, CSV or JSON",
    positionals: "[name]",
    count: [0, 1],
    options: {
      from: { type: "string", value: "<date>", description: "from this day or time on" },
      to: { type: "string", value: "<date>", description: "until the end of this day, or before this time" },
      predictions: { type: "boolean", description: "count the predictions on record, by version" },
      html: { type: "string", value: "<file>", description: "write it as one page, too" },
      csv: { type: "boolean", description: "print CSV, whose cells no spreadsheet computes" },
    },
    examples: [
      "modelkeep audit report credit-scorer --from 2026-01-01 --to 2026-03-31 --csv > report.csv",
      "modelkeep audit report credit-scorer --predictions --json",
    ],
    run: () => import("../commands/audit-report.js"),
  },
];
