import { join } from "node:path";

import { isJsonObject, isModelkeepError, type Json, type JsonObject, parseJson } from "@modelkeep/core";

import { readText } from "../read-tree.js";
import { readYaml } from "../read-yaml.js";

/** The `MLmodel` file of a folder, as far as it is understood. */
export interface MlflowModel {
  readonly flavors: Readonly<Record<string, JsonObject>>;
  /** The file or folder that holds the model, relative to the folder: of the flavor that can be used best. */
  readonly main: { readonly flavor: string; readonly path: string } | undefined;
  readonly signature: JsonObject | undefined;
  readonly created: string | undefined;
  readonly run: string | undefined;
  readonly mlflowVersion: string | undefined;
  readonly examplePath: string | undefined;
  readonly whole: JsonObject;
}

/** Where each flavor keeps its model, the forms that can be run here first. */
const mainKeys: readonly (readonly [flavor: string, key: string])[] = [
  ["onnx", "data"],
  ["sklearn", "pickled_model"],
  ["keras", "data"],
  ["tensorflow", "data"],
  ["xgboost", "data"],
  ["lightgbm", "data"],
  ["catboost", "data"],
  ["pytorch", "model_data"],
  ["statsmodels", "data"],
  ["spark", "model_data"],
];

export async function readMlmodel(folder: string): Promise<MlflowModel | undefined> {
  const whole = await readYaml(join(folder, "MLmodel"));
  return whole === undefined ? undefined : mlmodelOf(whole);
}

/** What such a file says, once it is read as YAML. */
export function mlmodelOf(whole: JsonObject): MlflowModel | undefined {
  if (!isJsonObject(whole["flavors"])) return undefined;
  const flavors = Object.fromEntries(
    Object.entries(whole["flavors"]).map(([name, value]): [string, JsonObject] => [
      name,
      isJsonObject(value) ? value : {},
    ]),
  );
  const named = mainKeys.flatMap(([flavor, key]) => {
    const path = flavors[flavor]?.[key];
    return typeof path === "string" && isInside(path) ? [{ flavor, path }] : [];
  });
  const pyfunc = flavors["python_function"]?.["model_path"] ?? flavors["python_function"]?.["data"];
  const fallback =
    typeof pyfunc === "string" && isInside(pyfunc) ? { flavor: "python_function", path: pyfunc } : undefined;
  const example = whole["saved_input_example_info"];
  const examplePath = isJsonObject(example) ? example["artifact_path"] : undefined;
  const text = (key: string) => (typeof whole[key] === "string" ? whole[key] : undefined);
  return {
    flavors,
    main: named[0] ?? fallback,
    signature: isJsonObject(whole["signature"]) ? whole["signature"] : undefined,
    created: text("utc_time_created"),
    run: text("run_id"),
    mlflowVersion: text("mlflow_version"),
    examplePath: typeof examplePath === "string" && isInside(examplePath) ? examplePath : undefined,
    whole,
  };
}

/** A path that stays in its folder. */
function isInside(path: string): boolean {
  return path !== "" && !/^([/\\]|[a-z]:)/iu.test(path) && !path.split(/[/\\]/u).includes("..");
}

/** Rows of an input example: MLflow keeps frames as columns and data, arrays as lists. */
export async function readExample(folder: string, path: string): Promise<readonly unknown[] | undefined> {
  const text = await readText(join(folder, path));
  if (text === undefined) return undefined;
  let value: Json;
  try {
    value = parseJson(new TextEncoder().encode(text), { what: path });
  } catch (error) {
    if (isModelkeepError(error)) return undefined;
    throw error;
  }
  const inner = isJsonObject(value) ? (value["dataframe_split"] ?? value["inputs"] ?? value) : value;
  if (isJsonObject(inner)) {
    const { columns, data } = inner;
    if (!Array.isArray(data) || !data.every(Array.isArray)) return undefined;
    if (!Array.isArray(columns) || !columns.every((column) => typeof column === "string")) return data;
    return data.map((row) => Object.fromEntries(columns.map((column, index) => [column, row[index] ?? null])));
  }
  return Array.isArray(inner) ? inner : undefined;
}
