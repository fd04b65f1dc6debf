import { fileName } from "@modelkeep/core";

/** Files that are models by their names, the likelier ones first; compressed ones too. */
const modelExtension =
  /\.(onnx|joblib|pkl|pickle|safetensors|keras|h5|hdf5|pt|pth|ckpt|bin|json|ubj|txt|model|pmml|cbm|xgb|msgpack)(\.(gz|bz2|xz|lzma|lz4|z))?$/iu;
const companions: readonly (readonly [RegExp, string])[] = [
  [/(scaler|encoder|preprocess|imputer|transform|vectori[sz]er|pca)/iu, "preprocessor"],
  [/(feature|column)/iu, "features"],
  [/(label|class)/iu, "labels"],
];
/** Files beside models that are read for what they say. */
const descriptions = /^(metadata|meta|info|metrics|params|hyperparameters|config)\.json$/iu;

export function isModelFile(name: string): boolean {
  return (
    modelExtension.test(name) && !descriptions.test(name) && !/^(requirements.*|readme.*|license.*)\.txt$/iu.test(name)
  );
}

export function isDescription(name: string): boolean {
  return descriptions.test(name);
}

/** What a file beside a model is for, by its name. */
export function companionRole(name: string): string {
  return companions.find(([pattern]) => pattern.test(name))?.[1] ?? "attachment";
}

/** The name without the extensions of a model. */
export function stemOf(name: string): string {
  return name.replace(modelExtension, "");
}

/** The one that is the model itself: called so, or else the first of the likeliest format that is no companion. */
export function mainFile(names: readonly string[]): string | undefined {
  const models = names.filter(isModelFile);
  const called = models.filter((name) => /^(model|pipeline|classifier|regressor|estimator)$/iu.test(stemOf(name)));
  const likely = called.length > 0 ? called : models.filter((name) => companionRole(name) === "attachment");
  return likely.toSorted((a, b) => rank(a) - rank(b))[0];
}

/** The same for paths: the likeliest of those that lie the least deep. */
export function shallowest(paths: readonly string[]): string | undefined {
  const depths = [...new Set(paths.map(depthOf))].toSorted((a, b) => a - b);
  for (const depth of depths) {
    const here = paths.filter((path) => depthOf(path) === depth);
    const main = mainFile(here.map(fileName));
    if (main !== undefined) return here.find((path) => fileName(path) === main);
  }
  return undefined;
}

function depthOf(path: string): number {
  return path.split("/").length;
}

function rank(name: string): number {
  const extension = modelExtension.exec(name)?.[1]?.toLowerCase() ?? "";
  const order =
    "onnx joblib pkl pickle keras safetensors h5 hdf5 pt pth ckpt xgb ubj cbm model pmml msgpack bin json txt";
  return order.split(" ").indexOf(extension);
}
