import type { Command } from "../command.js";
import { attestedBy, compatibility, representation, roots } from "./options.js";

export const keeping: readonly Command[] = [
  {
    name: "save",
    summary: "save a model as the next version",
    positionals: "<name> <file…>",
    count: [2, 1000],
    options: {
      with: {
        type: "string",
        multiple: true,
        value: "<role>=<file>",
        description: "add a file with a role: preprocessor=scaler.joblib",
      },
      as: {
        type: "string",
        multiple: true,
        value: "<codec>",
        description: "keep it in this format too: onnx, json, msgpack, safetensors",
      },
      samples: {
        type: "string",
        value: "<file>",
        description: "rows (CSV, JSON, JSON Lines) whose predictions are recorded",
      },
      expected: {
        type: "string",
        value: "<file>",
        description: "the predictions of those rows, when they are known already",
      },
      data: {
        type: "string",
        multiple: true,
        value: "<file>",
        description: "training data: its digest and size are recorded",
      },
      metrics: { type: "string", value: "<file>", description: "JSON with metrics, as numbers by name" },
      parameters: { type: "string", value: "<file>", description: "JSON with hyper-parameters" },
      metric: { type: "string", multiple: true, value: "<name>=<number>", description: "one metric" },
      parameter: { type: "string", multiple: true, value: "<name>=<value>", description: "one hyper-parameter" },
      description: { type: "string", short: "d", value: "<text>", description: "what it is" },
      tag: { type: "string", multiple: true, value: "<key>=<value>", description: "a tag" },
      label: { type: "string", multiple: true, value: "<name>", description: "a label, such as v2.1 or 2026-03-01" },
      licence: { type: "string", value: "<name>", description: "under which it may be used" },
      parent: { type: "string", value: "<reference>", description: "the version it was derived from" },
      run: { type: "string", value: "<id>", description: "the training run it came from" },
      again: { type: "boolean", description: "make a new version even if the same content is registered" },
    },
    notes: [
      "Git commit, author, runtime, platform and the versions of the libraries involved are filled in. A file of a format that no codec knows is kept as it is, verified and versioned like the rest.",
    ],
    examples: [
      "modelkeep save credit-scorer model.onnx --samples rows.csv --metrics metrics.json --data train.csv",
      "modelkeep save credit-scorer model.joblib --with preprocessor=scaler.joblib --with features=features.json",
    ],
    run: () => import("../commands/save.js"),
  },
  {
    name: "pull",
    aliases: ["load"],
    summary: "write the files of a version to a folder",
    positionals: "<reference> [folder]",
    count: [1, 2],
    options: { compatibility, representation, "attested-by": attestedBy, roots },
    notes: ["Every byte is verified before the folder appears. Without a folder: NAME-VERSION in this one."],
    examples: ["modelkeep pull credit-scorer@production ./model"],
    run: () => import("../commands/pull.js"),
  },
  {
    name: "checkout",
    summary: "lay out a version below a folder and move its current link",
    positionals: "<reference> <folder>",
    count: [2, 2],
    options: { "attested-by": attestedBy, roots },
    notes: ["FOLDER/NAME/VERSION gets the files; FOLDER/NAME/current points at the version and is moved atomically."],
    examples: ["modelkeep checkout credit-scorer@production /srv/models"],
    run: () => import("../commands/checkout.js"),
  },
  {
    name: "pack",
    summary: "write a version as one file, NAME-VERSION.model.zip",
    positionals: "<reference> [file]",
    count: [1, 2],
    options: {
      "attested-by": attestedBy,
      roots,
      level: { type: "string", value: "<0-9>", description: "compression: 0 stores (default), 1 to 9 deflate" },
    },
    notes: [
      "With --recipient or --passphrase, or a name that ends in .age, the package is encrypted: unpack, inspect and verify take it with --identity.",
    ],
    run: () => import("../commands/pack.js"),
  },
  {
    name: "unpack",
    summary: "unpack a *.model.zip to a folder, or register it",
    positionals: "<file> [folder]",
    count: [1, 2],
    options: { as: { type: "string", value: "<name>", description: "register it under this name instead" } },
    run: () => import("../commands/unpack.js"),
  },
];
