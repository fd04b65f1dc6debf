import type { Command } from "../command.js";

export const attesting: readonly Command[] = [
  {
    name: "attest",
    summary: "vouch for a version, package or folder with your key",
    positionals: "<reference|file.model.zip|folder>",
    count: [1, 1],
    options: {
      key: { type: "string", value: "<key.pem>", description: "your private key" },
      certificate: {
        type: "string",
        value: "<chain.pem>",
        description: "the key's certificate, then those that lead to a root",
      },
      name: {
        type: "string",
        value: "<name>",
        description: "the model's name, for a package or folder whose manifest has none",
      },
    },
    notes: [
      "Every byte is read and compared first. What is attested is the list of all files, as the OpenSSF Model Signing tools verify it, and that they go by this name. The key's passphrase, if it has one, is read from MODELKEEP_KEY_PASSPHRASE.",
    ],
    examples: [
      "modelkeep attest credit-scorer@3 --key ada.pem",
      "modelkeep verify credit-scorer@3 --attested-by ada.pub.pem",
    ],
    run: () => import("../commands/attest.js"),
  },
  {
    name: "keys new",
    summary: "make a key pair: FILE for you, FILE.pub.pem for others",
    positionals: "<file.pem>",
    count: [1, 1],
    options: {
      algorithm: {
        type: "string",
        value: "<name>",
        choices: ["ecdsa-p256", "ecdsa-p384", "ecdsa-p521", "ed25519"],
        description: "ecdsa-p256 (default), ecdsa-p384, ecdsa-p521 or ed25519",
      },
    },
    examples: ["modelkeep keys new ada.pem"],
    run: () => import("../commands/keys-new.js"),
  },
];
