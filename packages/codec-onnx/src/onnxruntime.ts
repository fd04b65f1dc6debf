import {
  isModelkeepError,
  ModelkeepError,
  payloadBeside,
  type PayloadSet,
  type Predictor,
  type PredictorOptions,
  type Runtime,
  type Signature,
  throwIfAborted,
} from "@modelkeep/core";
import { checkModel, decodeModel, graphSignature, mainGraph, type OnnxModel, otherValues } from "@modelkeep/onnx";
import type { InferenceSession } from "onnxruntime-node";

import { readMain } from "./codec.js";
import { readExternalFiles } from "./external-files.js";
import { loadPackage, type Package } from "./onnxruntime-package.js";
import { OnnxruntimePredictor, runnable } from "./onnxruntime-predictor.js";
import { version as ownVersion } from "./version.js";
import { withTexts } from "./with-texts.js";

/** Runs ONNX models by onnxruntime-node, which is imported when the first predictor is asked for. */
export function onnxRuntime(): Runtime {
  let version = "unknown";
  const load = async (): Promise<Package> => {
    const loaded = await loadPackage();
    version = loaded.env.versions.node ?? version;
    return loaded;
  };
  return {
    name: "onnxruntime",
    get version() {
      return version;
    },
    get packages() {
      return [
        { name: "@modelkeep/codec-onnx", version: ownVersion },
        { name: "onnxruntime-node", version },
      ];
    },
    runs: ({ codec }) => codec === "onnx",
    available: async () => {
      try {
        await load();
        return true;
      } catch (error) {
        if (!isModelkeepError(error, "missing_package")) throw error;
        return error.message;
      }
    },
    predictor: async (payloads, options = {}) => openPredictor(await load(), payloads, options),
  };
}

async function openPredictor(loaded: Package, payloads: PayloadSet, options: PredictorOptions): Promise<Predictor> {
  const { signal, threads } = options;
  const bytes = await readMain(payloads, options);
  const model = decodeModel(bytes);
  checkModel(model, { fileSize: (location) => payloadBeside(payloads, location)?.size });
  const own = runnableSignature(model);
  const files = await readExternalFiles(model, payloads, options);
  throwIfAborted(signal);
  const sessionOptions: InferenceSession.SessionOptions = {
    // What fails is thrown; nothing needs to be written to the terminal too.
    logSeverityLevel: 4,
    ...(threads === undefined ? {} : { intraOpNumThreads: threads, interOpNumThreads: threads }),
    ...(files.size === 0
      ? {}
      : { externalData: [...files].map(([path, buffer]) => ({ path, data: new Uint8Array(buffer) })) }),
  };
  try {
    const session = await loaded.InferenceSession.create(bytes, sessionOptions);
    return withTexts(model, options, ({ signature = own }) => new OnnxruntimePredictor(loaded, session, signature));
  } catch (cause) {
    throw new ModelkeepError(
      "unsupported",
      `ONNX Runtime can't load ${payloads.main.path}: ${(cause as Error).message}`,
      {
        cause,
      },
    );
  }
}

/** The signature, or `unsupported` for values that can't cross to JavaScript. */
function runnableSignature(model: OnnxModel): Signature {
  const graph = mainGraph(model);
  const other = otherValues(graph)[0];
  if (other !== undefined) {
    const advice = other.type.startsWith("sequence(map")
      ? ": export the model without ZipMap (in skl2onnx: options={'zipmap': False})"
      : "";
    throw new ModelkeepError(
      "unsupported",
      `The ${other.kind} ${JSON.stringify(other.name)} is ${other.type}; only tensors go in and out${advice}`,
      { details: { name: other.name, type: other.type } },
    );
  }
  const signature = graphSignature(graph);
  for (const { name, dtype } of [...signature.inputs, ...signature.outputs]) {
    if (!runnable.has(dtype))
      throw new ModelkeepError(
        "unsupported",
        `${JSON.stringify(name)} is of ${dtype}, which onnxruntime-node can't pass`,
      );
  }
  return signature;
}
