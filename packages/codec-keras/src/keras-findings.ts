import { isJsonObject, type Json } from "@modelkeep/core";

import { builtinClasses } from "./builtin-classes.js";

/** What a loader in Python would run or fetch because the configuration names it. Here nothing of it is ever resolved. */
export interface KerasFinding {
  readonly level: "warning" | "danger";
  readonly kind: "keras_lambda" | "keras_custom_object" | "keras_loads_code" | "keras_reads_file";
  readonly message: string;
  /** Where in the configuration. */
  readonly where: string;
}

type JsonObject = { readonly [key: string]: Json };

/** Looks through a whole configuration, at any depth, for what is more than parameters of Keras' own classes. */
export function findingsIn(config: Json): readonly KerasFinding[] {
  const findings: KerasFinding[] = [];
  const visit = (value: Json, where: string): void => {
    if (Array.isArray(value)) {
      for (const [index, item] of value.entries()) visit(item, `${where}[${index}]`);
      return;
    }
    if (!isJsonObject(value)) return;
    const found = judge(value, where);
    if (found !== undefined) findings.push(found);
    // The code of a Lambda layer is the layer's own finding.
    const inside = found?.kind === "keras_lambda" && isJsonObject(value["config"]) ? without(value, "function") : value;
    for (const [key, item] of Object.entries(inside)) visit(item, where === "" ? key : `${where}.${key}`);
  };
  visit(config, "");
  return findings;
}

function judge(object: JsonObject, where: string): KerasFinding | undefined {
  const { class_name: className, module, registered_name: registered } = object;
  if (typeof className !== "string") return undefined;
  const config = isJsonObject(object["config"]) ? object["config"] : {};
  const name = typeof config["name"] === "string" ? `${className} ${JSON.stringify(config["name"])}` : className;
  const tell = (level: KerasFinding["level"], kind: KerasFinding["kind"], message: string) => ({
    level,
    kind,
    message,
    where,
  });
  if (className === "Lambda" || className === "__lambda__") {
    return hasCode(object)
      ? tell("danger", "keras_lambda", `${name} carries Python code, which Keras runs when it is allowed to load it`)
      : tell("warning", "keras_lambda", `${name} calls a Python function that is not in the file`);
  }
  if (loadsCode.has(className))
    return tell("danger", "keras_loads_code", `${name} loads code when it is made: ${loadsCode.get(className)!}`);
  if (
    className === "TFOpLambda" &&
    /(?:^|\.)(?:io|raw_ops|py_function|numpy_function|load_\w+|saved_model)\b/u.test(textOf(config["function"]))
  )
    return tell("danger", "keras_loads_code", `${name} calls tf.${textOf(config["function"])}`);
  if (typeof registered === "string" && registered.includes(">") && !/^(?:keras|tf_keras|Keras)>/u.test(registered))
    return tell(
      "warning",
      "keras_custom_object",
      `${name} is registered as ${registered}: its code is not in the file`,
    );
  if (module === null && typeof registered === "string" && !structural.has(className))
    return tell("warning", "keras_custom_object", `${name} is no class of Keras: its code is not in the file`);
  if (typeof module === "string") {
    if (
      module !== "builtins" &&
      !/^(?:keras|tensorflow\.keras|tensorflow\.python\.keras|tf_keras)(?:\.|$)/u.test(module)
    )
      return tell(
        "warning",
        "keras_custom_object",
        `${name} is of the module ${module}, which a loader would import: its code is not in the file`,
      );
    if (className === "function" && module !== "builtins" && !partOfModels.test(module))
      return tell(
        "danger",
        "keras_loads_code",
        `The function ${module}.${textOf(object["config"])} is no part of a model: a loader would call it`,
      );
    if (module === "builtins" && className !== "function" && !structural.has(className))
      return tell("warning", "keras_custom_object", `${name} is named as one of Python's own classes`);
  } else if (!builtinClasses.has(className) && !structural.has(className)) {
    return tell("warning", "keras_custom_object", `${name} is no class of Keras: its code is not in the file`);
  }
  const vocabulary = config["vocabulary"];
  return typeof vocabulary === "string" && vocabulary !== ""
    ? tell(
        "danger",
        "keras_reads_file",
        `${name} reads the file ${JSON.stringify(vocabulary.slice(0, 200))} when it is made`,
      )
    : undefined;
}

/** Keras 3 keeps code in a "__lambda__", Keras 2 in a list whose first item is the code. */
function hasCode(object: JsonObject): boolean {
  if (object["class_name"] === "__lambda__") return true;
  const config = isJsonObject(object["config"]) ? object["config"] : {};
  const code = config["function"];
  return (
    Array.isArray(code) ||
    config["function_type"] === "lambda" ||
    (isJsonObject(code) && /^__(?:lambda|tuple)__$/u.test(textOf(code["class_name"])))
  );
}

/** Layers that open a program of another kind. */
const loadsCode: ReadonlyMap<string, string> = new Map([
  ["TorchModuleWrapper", "a pickled module of PyTorch"],
  ["TFSMLayer", "a SavedModel of TensorFlow"],
]);

/** Marks of the form itself, and functions. */
const structural: ReadonlySet<string> = new Set(
  "function dict list tuple set __tuple__ __dict__ __tensor__ __keras_tensor__ __numpy__ __bytes__ __ellipsis__ __slice__ __typespec__ __complex__ __ndarray__ TensorShape CompositeTensor TypeSpec".split(
    " ",
  ),
);

/** Where the functions live that models are made of. */
const partOfModels =
  /(?:^|\.)keras(?:\.src|\.api)?\.(?:activations|initializers|regularizers|constraints|losses|metrics|ops|optimizers)(?:\.|$)/u;

function without(object: JsonObject, key: string): JsonObject {
  const { [key]: _, ...config } = object["config"] as JsonObject;
  return { ...object, config };
}

function textOf(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}
