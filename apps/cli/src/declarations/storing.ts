import type { Command } from "../command.js";

export const storing: readonly Command[] = [
  {
    name: "copy",
    summary: "copy a registry, or one version, to another store",
    positionals: "<to-store> [reference…]",
    count: [1, 100],
    notes: [
      "Without references the whole registry goes over, history included. It can be interrupted and run again: only what is missing is copied.",
    ],
    examples: ["modelkeep copy sqlite:backup.db", "modelkeep copy s3://prod/models credit-scorer@3"],
    run: () => import("../commands/copy.js"),
  },
  {
    name: "check",
    summary: "check a registry: chains, references and data",
    positionals: "[name…]",
    count: [0, 1000],
    options: { read: { type: "boolean", description: "read every byte and compare digests" } },
    run: () => import("../commands/check.js"),
  },
  {
    name: "gc",
    summary: "remove what interrupted saves left behind",
    positionals: "",
    count: [0, 0],
    options: {
      grace: { type: "string", value: "<hours>", description: "spare what is younger (default 24)" },
      "dry-run": { type: "boolean", description: "only say what would go" },
    },
    run: () => import("../commands/gc.js"),
  },
  {
    name: "store check",
    summary: "run the conformance suite and the race against a store",
    positionals: "[store]",
    count: [0, 1],
    options: {
      prefix: {
        type: "string",
        value: "<prefix>",
        description: "where in the store to work (default: a scratch prefix that is removed)",
      },
      "no-race": { type: "boolean", description: "leave out the race of 32 writers" },
    },
    run: () => import("../commands/store-check.js"),
  },
  {
    name: "trust",
    summary: "trust the modelkeep.json of this folder: its plugins and its store",
    positionals: "",
    count: [0, 0],
    options: { undo: { type: "boolean", description: "trust it no longer" } },
    run: () => import("../commands/trust.js"),
  },
];
