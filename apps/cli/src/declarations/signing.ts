import type { Command, OptionSpec } from "../command.js";
import { reason } from "./options.js";

const quorum: OptionSpec = {
  type: "string",
  value: "<n>",
  description: "how many administrators must agree to a change of the signers (default 1)",
};

export const signing: readonly Command[] = [
  {
    name: "signers show",
    summary: "show whose keys sign the entries of a model",
    positionals: "<name>",
    count: [1, 1],
    run: () => import("../commands/signers-show.js"),
  },
  {
    name: "signers add",
    summary: "add keys; the first make entries count only if they are signed",
    positionals: "<name…>",
    count: [1, 1000],
    options: {
      key: { type: "string", value: "<key.pub.pem>", description: "the public key" },
      who: { type: "string", value: "<who>", description: 'for whom it is added: "Bob <bob@example.org>"' },
      admin: { type: "boolean", description: "it may change the signers" },
      file: {
        type: "string",
        value: "<file>",
        description: 'several at once, as JSON: {"add": [{"name", "email", "key", "admin"}], "quorum"}',
      },
      quorum,
      reason,
    },
    notes: [
      "The first keys of a model must have your own among them, as an administrator's, and the command must be signed with it.",
    ],
    examples: [
      "modelkeep keys new ada.pem",
      "modelkeep signers add rents --key ada.pub.pem --who 'Ada <ada@example.org>' --admin --sign-with ada.pem",
      "modelkeep signers add rents fraud --key bob.pub.pem --who 'Bob <bob@example.org>' --sign-with ada.pem",
    ],
    run: () => import("../commands/signers-add.js"),
  },
  {
    name: "signers remove",
    summary: "remove a key, by its id or the beginning of it",
    positionals: "<name…>",
    count: [1, 1000],
    options: {
      "key-id": { type: "string", multiple: true, value: "<id>", description: "the key" },
      quorum,
      reason,
    },
    run: () => import("../commands/signers-remove.js"),
  },
  {
    name: "signers off",
    summary: "let entries count that are not signed",
    positionals: "<name…>",
    count: [1, 1000],
    options: { reason },
    run: () => import("../commands/signers-off.js"),
  },
  {
    name: "signers agree",
    summary: "agree to a change of the signers that another administrator proposed",
    positionals: "<name> [proposal]",
    count: [1, 2],
    run: () => import("../commands/signers-agree.js"),
  },
  {
    name: "signers withdraw",
    summary: "take back a proposal, or that one agrees to it",
    positionals: "<name> [proposal]",
    count: [1, 2],
    run: () => import("../commands/signers-withdraw.js"),
  },
];
