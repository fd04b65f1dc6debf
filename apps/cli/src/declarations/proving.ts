import type { Command } from "../command.js";
import { attestedBy, compatibility, representation, roots, runtime } from "./options.js";

export const proving: readonly Command[] = [
  {
    name: "inspect",
    summary: "say what is in a file, package or folder, without running anything",
    positionals: "<file…>",
    count: [1, 1000],
    withoutConfiguration: true,
    run: () => import("../commands/inspect.js"),
  },
  {
    name: "scan",
    summary: "say what pickles would run if Python loaded them; for CI",
    positionals: "<file-or-folder…>",
    count: [1, 1000],
    withoutConfiguration: true,
    notes: [
      "By content, not by name: pickles and joblib files, compressed or not, in ZIP archives (PyTorch, .npz), one inside another; models and architectures of Keras; models of TensorFlow.js; the chat templates of GGUF files. Files that are none of these are passed over.",
      "Exit code 0: every file is clean. 1: one is not. 2: misuse. Clean means that every name in it is known to be data; nothing can promise more.",
    ],
    examples: ["modelkeep scan models/", "modelkeep scan model.joblib --json"],
    run: () => import("../commands/scan.js"),
  },
  {
    name: "verify",
    summary: "hold a version, or a package, to its digests and samples",
    positionals: "<reference|file.model.zip>",
    count: [1, 1],
    options: {
      runtime,
      representation,
      "digests-only": { type: "boolean", description: "compare digests and data, not predictions" },
      fresh: { type: "boolean", description: "in a fresh process" },
      install: { type: "boolean", description: "in a temporary installation of only what the manifest declares" },
      "install-from": {
        type: "string",
        value: "<folder>",
        description: "with --install: take packages from the archives (npm pack) in this folder first",
      },
      "attested-by": attestedBy,
      roots,
      name: { type: "string", value: "<name>", description: "what a package or folder must be attested as" },
      "any-name": { type: "boolean", description: "take attestations of a package's files without its name" },
      data: {
        type: "string",
        multiple: true,
        value: "<file>",
        description: "compare this data with the recorded digest",
      },
      record: {
        type: "boolean",
        description: "write the result into the history, as by default (--no-record does not)",
      },
    },
    run: () => import("../commands/verify.js"),
  },
  {
    name: "predict",
    summary: "predict with a version or a file",
    positionals: "<reference|file> [values…]",
    count: [1, 1000],
    options: {
      input: {
        type: "string",
        short: "i",
        value: "<file>",
        description: "rows: CSV, JSON or JSON Lines; - for standard input",
      },
      runtime,
      representation,
      compatibility,
      "attested-by": attestedBy,
      roots,
      isolated: {
        type: "boolean",
        description: "parse and run the model in a process of its own, with limits: for models from strangers",
      },
      memory: { type: "string", value: "<MiB>", description: "isolated, and with this much memory (default 1024)" },
      timeout: {
        type: "string",
        value: "<ms>",
        description: "isolated, and with this time for each batch (default 10000)",
      },
      record: { type: "boolean", description: "put the predictions on the record, as a server does; follows routes" },
      caller: { type: "string", value: "<name>", description: "with --record: who asks (default: the command line)" },
      key: {
        type: "string",
        value: "<text>",
        description: "with --record: the caller's key, where the alias has a route",
      },
      "batch-size": { type: "string", value: "<n>", description: "rows at once (default 1000)" },
    },
    examples: [
      "modelkeep predict credit-scorer@production --input rows.csv",
      "modelkeep predict model.onnx 5.1 3.5 1.4 0.2",
    ],
    run: () => import("../commands/predict.js"),
  },
  {
    name: "convert",
    summary: "convert a model to ONNX, or its tensors to another format",
    positionals: "<file> <to-file>",
    count: [2, 2],
    options: {
      signature: {
        type: "string",
        value: "<name>",
        description: "which signature of a SavedModel (default: serving_default)",
      },
      precision: {
        type: "string",
        value: "<float64|float32>",
        choices: ["float64", "float32"],
        description: "float32 halves the size; predictions may differ (default float64)",
      },
      dequantize: {
        type: "boolean",
        description: "write the quantised tensors of a GGUF file as float32, many times as large",
      },
      samples: {
        type: "string",
        value: "<file>",
        description: "rows to compare the precision on, and to report the worst difference",
      },
      force: { type: "boolean", description: "overwrite the target" },
    },
    notes: [
      "To ONNX go pickles and joblib files of scikit-learn, models of Keras, SavedModels and models of TensorFlow.js; to each other the formats of tensors.",
    ],
    examples: [
      "modelkeep convert pipeline.joblib pipeline.onnx",
      "modelkeep convert model.keras model.onnx",
      "modelkeep convert ./my_model model.onnx",
      "modelkeep convert tfjs/model.json model.onnx",
      "modelkeep convert llama.gguf llama.safetensors --dequantize",
    ],
    run: () => import("../commands/convert.js"),
  },
  {
    name: "requirements",
    summary: "print what a version needs, as requirements.txt or package.json",
    positionals: "<reference>",
    count: [1, 1],
    options: {
      format: {
        type: "string",
        value: "<npm|pip>",
        choices: ["npm", "pip"],
        description: "which one (default: what is recorded)",
      },
    },
    run: () => import("../commands/requirements.js"),
  },
  {
    name: "formats",
    summary: "compare formats for a model: size, save and load time, identical predictions",
    positionals: "<reference|file>",
    count: [1, 1],
    options: {
      html: { type: "string", value: "<file>", description: "write the table and charts as a page" },
      samples: { type: "string", value: "<file>", description: "rows to predict (default: the recorded samples)" },
      rounds: { type: "string", value: "<n>", description: "how often each is timed (default 5)" },
    },
    run: () => import("../commands/formats.js"),
  },
];
