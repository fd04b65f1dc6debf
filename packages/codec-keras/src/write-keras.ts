import { type ByteSource, ModelkeepError, parseJson, ZipWriter } from "@modelkeep/core";
import type { TensorFile } from "@modelkeep/safetensors";

import { assetPrefix, isAsset } from "./assets.js";
import { type Hdf5Output, writeHdf5 } from "./hdf5/write-hdf5.js";

/** "model": a `.keras` file; "weights": a `.weights.h5` file. */
export type KerasForm = "model" | "weights";

const known = ["keras.config", "keras.version", "keras.backend"];

/** The form that an extension asks for; without one, the form that holds all of the model. */
export function formFor({ metadata }: TensorFile, extension: string | undefined): KerasForm {
  if (extension === ".keras") return "model";
  if (extension === ".h5" || extension === ".hdf5")
    throw unwritten(
      'Models in one .h5 file are read here, not written: name the file "….weights.h5" for the weights, or ".keras" for the model',
    );
  if (extension !== undefined) return "weights";
  return metadata.has("keras.config") ? "model" : "weights";
}

/** The same model gives the same bytes. */
export function writeKeras({ tensors, metadata }: TensorFile, form: KerasForm): ByteSource {
  const legacy = [...tensors.keys()].find((name) => /^(?:model_weights|optimizer_weights)\//u.test(name));
  if (legacy !== undefined)
    throw unwritten(
      `The tensor ${legacy} has its name from an .h5 file, where the order of weights is kept elsewhere: load that file with Keras and save it as .keras`,
    );
  const weights = writeHdf5(tensors);
  return form === "weights" ? weights.open : writeArchive(metadata, weights);
}

function writeArchive(metadata: ReadonlyMap<string, string>, weights: Hdf5Output): ByteSource {
  const config = metadata.get("keras.config");
  if (config === undefined)
    throw unwritten(
      'A .keras file needs the architecture of the model, as the text "keras.config" of the metadata: write the weights alone (.weights.h5), or add what model.to_json() gives',
    );
  const other = [...metadata.keys()].find((name) => !known.includes(name) && !isAsset(name));
  if (other !== undefined)
    throw unwritten(`A .keras file has no place for the text ${JSON.stringify(other)}: leave it out`);
  const configBytes = new TextEncoder().encode(config);
  parseJson(configBytes, { what: "architecture in keras.config", code: "invalid_input", depth: 256, nonFinite: true });
  const [version, backend] = [metadata.get("keras.version"), metadata.get("keras.backend")];
  const facts = { ...(version !== undefined && { keras_version: version }), ...(backend !== undefined && { backend }) };
  const assets = [...metadata].flatMap(([name, text]): [string, Uint8Array][] =>
    isAsset(name) ? [[name.slice(assetPrefix.length), new TextEncoder().encode(text)]] : [],
  );
  const factBytes = new TextEncoder().encode(JSON.stringify(facts));
  return async function* () {
    const zip = new ZipWriter(new Date(0));
    yield* zip.small("metadata.json", factBytes, 0);
    yield* zip.small("config.json", configBytes, 0);
    yield* zip.large("model.weights.h5", weights.size, weights.open(), 0);
    for (const [path, bytes] of assets) yield* zip.small(`assets/${path}`, bytes, 0);
    yield* zip.end();
  };
}

function unwritten(message: string): ModelkeepError {
  return new ModelkeepError("unsupported", message);
}
