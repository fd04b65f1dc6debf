import type { Command } from "../command.js";

const dryRun = { type: "boolean", description: "only show what would be saved, and what would be left" } as const;
const name = {
  type: "string",
  value: "<name>",
  description: "the model's name, where the folder does not tell it",
} as const;

export const moving: readonly Command[] = [
  {
    name: "import dir",
    summary: "import a folder of model files or of models by version",
    positionals: "<folder>",
    count: [1, 1],
    options: { "dry-run": dryRun },
    notes: [
      "Files such as churn_v2_2024-01-15.joblib with a metadata.json, or trees such as models/<symbol>/<version>/model.joblib. Nothing in them is run; pickles get the ONNX made of them where one can be made. Run it again after it was cut off: versions that are there are left alone.",
    ],
    examples: ["modelkeep import dir ./models --dry-run"],
    run: () => import("../commands/import-dir.js"),
  },
  {
    name: "import mlflow",
    summary: "import MLflow model folders, or a file store's registered models",
    positionals: "<folder>",
    count: [1, 1],
    options: { "dry-run": dryRun, name },
    examples: ["modelkeep import mlflow ./mlruns", "modelkeep import mlflow ./model --name churn"],
    run: () => import("../commands/import-mlflow.js"),
  },
  {
    name: "import wandb",
    summary: "import downloaded artifacts of Weights & Biases",
    positionals: "<folder>",
    count: [1, 1],
    options: { "dry-run": dryRun },
    examples: ["modelkeep import wandb ./artifacts"],
    run: () => import("../commands/import-wandb.js"),
  },
  {
    name: "import bentoml",
    summary: "import a BentoML model store, one of its models, or a .bentomodel archive",
    positionals: "<path>",
    count: [1, 1],
    options: {
      "dry-run": dryRun,
      latest: {
        type: "string",
        value: "<alias>",
        description: 'point this alias at the version that BentoML calls "latest"',
      },
    },
    notes: [
      "Versions come in the order of their creation; labels become tags. custom_objects.pkl is kept as a file: it is scanned, never loaded.",
    ],
    examples: ["modelkeep import bentoml ~/bentoml/models --dry-run", "modelkeep import bentoml churn.bentomodel"],
    run: () => import("../commands/import-bentoml.js"),
  },
  {
    name: "import modelstore",
    summary: "import what modelstore keeps on a file system",
    positionals: "<folder>",
    count: [1, 1],
    options: {
      "dry-run": dryRun,
      states: {
        type: "boolean",
        description: "make an alias of each model state, for the newest version in it",
      },
    },
    notes: [
      "The folder that holds operatorai-model-store. Archives are unpacked while they are imported, nowhere else.",
    ],
    examples: ["modelkeep import modelstore /srv/models --states"],
    run: () => import("../commands/import-modelstore.js"),
  },
  {
    name: "import oci",
    summary: "import models from an OCI image layout: ModelPack artifacts, ModelKits",
    positionals: "<folder|file.tar>",
    count: [1, 1],
    options: {
      "dry-run": dryRun,
      name: { ...name, description: "the model's name, where the artifact does not tell it" },
      ref: { type: "string", value: "<tag|digest>", description: "only this artifact of the layout; default: all" },
    },
    notes: [
      "A version that was exported from a registry is registered as it was. Of what others made, files, author, licence and the rest of its configuration are kept. Digests and sizes are verified before anything is used.",
    ],
    examples: ["modelkeep import oci ./layout --dry-run", "modelkeep import oci ./llama.tar --ref v1 --name llama"],
    run: () => import("../commands/import-oci.js"),
  },
  {
    name: "export oci",
    summary: "add a version to an OCI image layout, as a ModelPack artifact",
    positionals: "<reference> <folder|file.tar>",
    count: [2, 2],
    options: {
      tag: {
        type: "string",
        value: "<tag>",
        description: "what the layout calls it; default: name and version, churn-3",
      },
    },
    examples: ["modelkeep export oci churn@production ./layout", "modelkeep export oci churn@3 ./churn.tar --tag v3"],
    run: () => import("../commands/export-oci.js"),
  },
  {
    name: "export mlflow",
    summary: "lay a version out as an MLflow model folder",
    positionals: "<reference> <folder>",
    count: [2, 2],
    examples: ["modelkeep export mlflow churn@production ./churn-mlflow"],
    run: () => import("../commands/export-mlflow.js"),
  },
];
