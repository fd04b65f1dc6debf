import type { Command, OptionSpec } from "../command.js";
import { reason } from "./options.js";

const at: OptionSpec = { type: "string", value: "<date>", description: "as it would be then" };

export const retaining: readonly Command[] = [
  {
    name: "retention set",
    summary: "set how long versions are kept, and what becomes of the rest",
    positionals: "[name…]",
    count: [0, 1000],
    options: {
      all: { type: "boolean", description: "for every model that is there" },
      "keep-years": { type: "string", value: "<n>", description: "keep every version for so many years" },
      "keep-last": { type: "string", value: "<n>", description: "keep the newest so many" },
      "keep-aliased-years": {
        type: "string",
        value: "<n>",
        description: "keep what was ever behind an alias for so many years after it left",
      },
      alias: { type: "string", short: "a", multiple: true, value: "<name>", description: "only behind this alias" },
      "archive-after-days": {
        type: "string",
        value: "<n>",
        description: "move files of what nothing used for so long, with --archive-to",
      },
      "archive-to": { type: "string", value: "<class|archive>", description: "where to" },
      "delete-rest": { type: "boolean", description: "what nothing keeps may be deleted by retention apply" },
      none: { type: "boolean", description: "no policy for versions to come" },
      reason,
    },
    notes: [
      "What was promised of a version stays promised: a shorter policy holds for versions that are registered after it, a longer one for all. Nothing is deleted or moved until `retention apply`.",
    ],
    examples: [
      "modelkeep retention set credit-scorer --keep-years 10",
      "modelkeep retention set --all --keep-last 5 --keep-aliased-years 7 --delete-rest",
    ],
    run: () => import("../commands/retention-set.js"),
  },
  {
    name: "retention show",
    summary: "show the policy of a model and what keeps each version",
    positionals: "<name>",
    count: [1, 1],
    options: { at },
    run: () => import("../commands/retention-show.js"),
  },
  {
    name: "retention preview",
    summary: "say what retention apply would delete and move, and why",
    positionals: "[name…]",
    count: [0, 1000],
    options: { at },
    run: () => import("../commands/retention-preview.js"),
  },
  {
    name: "retention apply",
    summary: "delete and move what the policies say",
    positionals: "[name…]",
    count: [0, 1000],
    options: { yes: { type: "boolean", description: "do it: without this, only what would be done is shown" } },
    notes: ["Deleted bytes go with the next `modelkeep gc`. Run both nightly."],
    examples: ["modelkeep retention apply --yes && modelkeep gc"],
    run: () => import("../commands/retention-apply.js"),
  },
  {
    name: "hold",
    summary: "stop the deletion of a version or a model",
    positionals: "<reference> <hold>",
    count: [2, 2],
    options: {
      reason,
      releaser: {
        type: "string",
        multiple: true,
        value: "<who>",
        description: 'who else may release it: a name, an e-mail address, or "*"',
      },
    },
    notes: ["A bare name holds the whole model. There may be several holds; each is released by its own name."],
    examples: ["modelkeep hold credit-scorer@3 case-17 --reason 'subpoena of 3 March' --releaser legal@example.org"],
    run: () => import("../commands/hold.js"),
  },
  {
    name: "release",
    summary: "release a hold",
    positionals: "<reference> <hold>",
    count: [2, 2],
    options: { reason },
    run: () => import("../commands/release.js"),
  },
  {
    name: "delete",
    summary: "delete a version, or with --model a whole model",
    positionals: "<reference>",
    count: [1, 1],
    options: { reason, model: { type: "boolean", description: "the whole model" } },
    notes: [
      "Refused while a hold, an alias or a promise keeps it. Its number, labels and name are never used again; its manifest and history stay. The bytes go with the next `modelkeep gc`, unless another version has them too.",
    ],
    examples: ["modelkeep delete credit-scorer@3 --reason 'trained on the wrong data'"],
    run: () => import("../commands/delete.js"),
  },
  {
    name: "restore-from-archive",
    summary: "bring the files of a version back, and make it active",
    positionals: "<reference>",
    count: [1, 1],
    options: { reason },
    run: () => import("../commands/restore-from-archive.js"),
  },
];
