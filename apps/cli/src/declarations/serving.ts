import type { Command } from "../command.js";
import { limit, override, reason } from "./options.js";

const caller = { type: "string", value: "<name>", description: "only predictions for this caller" } as const;
const from = {
  type: "string",
  value: "<time>",
  description: "from this time on: 2026-03-03 or 2026-03-03T12:00:00Z",
} as const;
const to = {
  type: "string",
  value: "<time>",
  description: "before this time; a date alone: to the end of that day",
} as const;
const version = { type: "string", value: "<n>", description: "only predictions of this version" } as const;

/** What answers requests, and what was answered. */
export const serving: readonly Command[] = [
  {
    name: "route",
    summary: "divide the requests to an alias among versions",
    positionals: "<name@alias> [version=weight…]",
    count: [1, 101],
    options: {
      reason,
      end: { type: "boolean", description: "end the route: the version behind the alias answers everything" },
      override,
      salt: {
        type: "string",
        value: "<text>",
        description: "hash callers' keys with this (default: as before, or a new one)",
      },
    },
    notes: [
      "Weights are relative to each other. A caller's key always gets the same version, and new weights move as few keys as they can. `version=shadow` lets a version predict too, without its answer being given. Without weights: shows the route.",
      "Any move of the alias ends its route.",
    ],
    examples: [
      "modelkeep route credit-scorer@production 3=95 4=5 --reason canary",
      "modelkeep route credit-scorer@production 3=1 5=shadow",
    ],
    run: () => import("../commands/route.js"),
  },
  {
    name: "predictions",
    summary: "show predictions that are on record",
    positionals: "<name|id>",
    count: [1, 1],
    options: {
      version,
      caller,
      from,
      to,
      limit: { ...limit, description: "show at most this many (default 20)" },
      oldest: { type: "boolean", description: "the oldest first (default: the newest)" },
      after: { type: "string", value: "<id>", description: "go on behind this prediction" },
      shadows: { type: "boolean", description: "what shadows predicted, instead" },
      check: { type: "boolean", description: "read all of them, and say whether any is missing or changed" },
      "delete-before": { type: "string", value: "<time>", description: "delete all that are older" },
    },
    notes: ["With --json every record is shown whole, inputs and outputs included."],
    examples: [
      "modelkeep predictions credit-scorer --version 3 --caller web --from 2026-03-01",
      "modelkeep predictions credit-scorer --delete-before 2025-01-01",
    ],
    run: () => import("../commands/predictions.js"),
  },
  {
    name: "replay",
    summary: "make a recorded prediction again, or let another version answer recorded traffic",
    positionals: "<id|name>",
    count: [1, 1],
    options: {
      against: {
        type: "string",
        value: "<version>",
        description: "compare with this version: @candidate, 4 or a reference",
      },
      input: {
        type: "string",
        short: "i",
        value: "<file>",
        description: "the inputs, where only their digest is on record",
      },
      version,
      caller,
      from,
      to,
      limit: { ...limit, description: "with --against: at most this many predictions" },
      examples: { type: "string", value: "<n>", description: "with --against: changed labels to show (default 10)" },
    },
    notes: [
      "An id: loads the exact version, by its digest, and compares with what was answered. On the same runtime every bit must be the same. Exit code 1: it is not reproduced.",
      "A name with --against: counts the labels that would have changed, and measures how far numbers would have been off.",
    ],
    examples: [
      "modelkeep replay 01KJMMA2G0AZ4B2QQ770A73W7B",
      "modelkeep replay credit-scorer --against @candidate --from 2026-03-01 --to 2026-03-07",
    ],
    run: () => import("../commands/replay.js"),
  },
];
