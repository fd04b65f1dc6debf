import type { Command } from "../command.js";

export const storing: readonly Command[] = [
  {
    name: "copy",
    summary: "copy a registry, or one version, to another store",
    positionals: "[to-store] [reference…]",
    count: [0, 100],
    options: {
      from: { type: "string", value: "<environment>", description: "from this environment of modelkeep.json" },
      to: { type: "string", value: "<environment>", description: "to this environment, instead of a store" },
    },
    notes: [
      "Without references the whole registry goes over, history included. It can be interrupted and run again: only what is missing is copied.",
    ],
    examples: [
      "modelkeep copy sqlite:backup.db",
      "modelkeep copy s3://prod/models credit-scorer@3",
      "modelkeep copy credit-scorer@3 --from dev --to prod",
    ],
    run: () => import("../commands/copy.js"),
  },
  {
    name: "backup",
    summary: "bring a backup of the registry in another store up to date",
    positionals: "<backup-store>",
    count: [1, 1],
    options: {
      prune: { type: "boolean", description: "remove from the backup what belonged to versions deleted since" },
      "accept-damaged": {
        type: "boolean",
        description: "back up versions whose bytes are damaged here without these bytes",
      },
    },
    notes: [
      "Only what changed since the last time is copied, each byte held to its digest, beside running writers. Nothing in a backup is ever written over; a registry that was rolled back or rewritten is refused.",
    ],
    examples: ["modelkeep backup s3://backups/models", "modelkeep backup /mnt/nas/models-backup --store ./models"],
    run: () => import("../commands/backup.js"),
  },
  {
    name: "backup verify",
    summary: "read a whole backup, restore versions from it and run them",
    positionals: "<backup-store>",
    count: [1, 1],
    options: {
      each: { type: "boolean", description: "restore one version of every model" },
      all: { type: "boolean", description: "restore every version" },
      sample: { type: "string", value: "<n>", description: "restore a version of n models by chance (default 3)" },
      "max-age": { type: "string", value: "<hours>", description: "fail if the backup is older than this" },
    },
    notes: [
      "Versions are restored to a temporary folder and held to their samples in a fresh process. Exit code 0: everything is there and reproduces.",
    ],
    run: () => import("../commands/backup-verify.js"),
  },
  {
    name: "restore",
    summary: "bring a registry, or some models, back from a backup",
    positionals: "<backup-store> [name…]",
    count: [1, 1000],
    options: {
      repair: { type: "boolean", description: "read every byte here, and put back what is missing or damaged" },
    },
    notes: [
      "Into the store of --store: an empty one, or the registry that was backed up. Histories are completed and never written over.",
    ],
    examples: [
      "modelkeep restore s3://backups/models --store ./models",
      "modelkeep restore s3://backups/models --repair",
    ],
    run: () => import("../commands/restore.js"),
  },
  {
    name: "check",
    summary: "check a registry: chains, references and data",
    positionals: "[name…]",
    count: [0, 1000],
    options: { read: { type: "boolean", description: "read every byte and compare digests" } },
    notes: [
      "On SQLite, the order in which the file finds its keys is checked as well: where that is damaged, entries can seem never to have been written.",
    ],
    run: () => import("../commands/check.js"),
  },
  {
    name: "gc",
    summary: "remove what nothing refers to: left behind by crashes, deleted or moved",
    positionals: "",
    count: [0, 0],
    options: {
      grace: { type: "string", value: "<hours>", description: "spare what is younger (default 24)" },
      "dry-run": { type: "boolean", description: "only say what would go" },
    },
    run: () => import("../commands/gc.js"),
  },
  {
    name: "store init",
    summary: "make the tables or the container that a store needs before its first use",
    positionals: "[store]",
    count: [0, 1],
    notes: [
      "PostgreSQL needs it once, by a role that may create a schema; Azure, by one that may create a container. Folders, files and buckets do not.",
    ],
    examples: ["modelkeep store init postgres://admin@db.example/models"],
    run: () => import("../commands/store-init.js"),
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
      race: { type: "boolean", description: "have 32 writers race as well, as by default (--no-race leaves it out)" },
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
