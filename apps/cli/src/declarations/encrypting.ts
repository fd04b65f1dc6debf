import type { Command } from "../command.js";

export const encrypting: readonly Command[] = [
  {
    name: "keys age-new",
    summary: "make an identity that opens encrypted stores and files",
    positionals: "[file]",
    count: [0, 1],
    options: {
      "post-quantum": { type: "boolean", description: "safe from quantum computers too; needs an age newer than 1.2" },
    },
    withoutConfiguration: true,
    notes: [
      "Writes an identity file of age, readable by you only, and prints its public key: that is what goes to others. Without a file: where it is looked for when no --identity is given. Nothing is ever overwritten.",
    ],
    run: () => import("../commands/keys-age-new.js"),
  },
  {
    name: "store readers",
    summary: "say who can read an encrypted store, and what its key is",
    positionals: "[store]",
    count: [0, 1],
    run: () => import("../commands/store-readers.js"),
  },
  {
    name: "store rotate",
    summary: "encrypt the key of an encrypted store to other people; no model is copied",
    positionals: "[store]",
    count: [0, 1],
    options: {
      renew: {
        type: "boolean",
        description: "give the store a new key (default: when somebody is left out; --no-renew keeps the old one)",
      },
    },
    notes: [
      "--recipient names everybody who can read from now on; you must be among them. Whoever is left out has known the store's key, so what is written later is encrypted to a new one.",
    ],
    examples: ["modelkeep store rotate age+s3://acme-models --recipient age1… --recipient age1…"],
    run: () => import("../commands/store-rotate.js"),
  },
];
