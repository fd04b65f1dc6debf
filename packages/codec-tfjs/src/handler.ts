import type { PayloadSet } from "@modelkeep/core";
import type { TfjsModel } from "@modelkeep/tfjs";

import { fromTfjs, toTfjs, type TfjsArtifacts } from "./artifacts.js";
import { decodeTfjs } from "./tfjs-codec.js";

/** What a handler tells `model.save` (`tf.io.SaveResult`), and what the registry said. */
export interface TfjsSaveResult<Saved> {
  modelArtifactsInfo: {
    dateSaved: Date;
    modelTopologyType: "JSON";
    modelTopologyBytes: number;
    weightSpecsBytes: number;
    weightDataBytes: number;
  };
  saved: Saved;
}

/** What a model is saved with: its forms, samples, metrics and all else that `registry.save` takes. */
export interface TfjsKeepInput {
  readonly model: TfjsModel;
  readonly as: readonly string[];
}

/** A registry of `@modelkeep/registry`, as far as the handler needs one. */
export interface TfjsRegistry<Input, Saved> {
  save(name: string, input: Input): Promise<Saved>;
  open(reference: string): Promise<{ payloads(representation?: string): PayloadSet }>;
}

/** A handler of TensorFlow.js (`tf.io.IOHandler`). */
export interface TfjsHandler<Saved> {
  save(artifacts: TfjsArtifacts): Promise<TfjsSaveResult<Saved>>;
  load(): Promise<TfjsArtifacts>;
}

/**
 * Keeps a model of TensorFlow.js in a registry: `await model.save(modelkeepHandler(registry, "digits"))`, and gives it back:
 * `await tf.loadLayersModel(modelkeepHandler(registry, "digits@production"))`. `details` are what else `registry.save` takes: metrics,
 * samples, and further forms as `as: ["tfjs", "onnx"]`.
 */
export function modelkeepHandler<Input, Saved>(
  registry: TfjsRegistry<Input, Saved>,
  reference: string,
  details: Partial<Omit<Input, "model">> = {},
): TfjsHandler<Saved> {
  return {
    async save(artifacts) {
      const model = fromTfjs(artifacts);
      const input: TfjsKeepInput = { model, as: ["tfjs"], ...details };
      const saved = await registry.save(reference.split("@", 1)[0]!, input as Input);
      return { modelArtifactsInfo: infoOf(artifacts), saved };
    },
    async load() {
      const envelope = await registry.open(reference);
      return toTfjs(await decodeTfjs(envelope.payloads("tfjs")));
    },
  };
}

function infoOf({
  modelTopology,
  weightSpecs,
  weightData,
}: TfjsArtifacts): TfjsSaveResult<unknown>["modelArtifactsInfo"] {
  const size = (value: unknown) => new TextEncoder().encode(JSON.stringify(value ?? null)).length;
  const parts = Array.isArray(weightData) ? weightData : weightData === undefined ? [] : [weightData];
  return {
    dateSaved: new Date(),
    modelTopologyType: "JSON",
    modelTopologyBytes: size(modelTopology),
    weightSpecsBytes: size(weightSpecs),
    weightDataBytes: parts.reduce((sum, { byteLength }) => sum + byteLength, 0),
  };
}
