import { isJsonObject, type Json, jsonMember, type JsonObject } from "@modelkeep/core";

import { malformed, shown, text } from "./json.js";
import type { Draw } from "../layers/layer-kind.js";
import type { Weights } from "../weights/weights.js";
import type { Obstacles } from "./obstacles.js";

/** What is the same for every layer of a file. */
export interface FileFacts {
  /** Which of the two Keras wrote it: defaults and some functions differ. */
  readonly keras: 2 | 3;
  /** Whether TensorFlow.js runs it, which computes some layers in another way. */
  readonly tfjs: boolean;
  readonly obstacles: Obstacles;
  /** Reads a layer of any class, or a model. */
  readonly prepare: (layer: LayerConfig, weights: Weights) => Draw;
  /** Types other than float32 that layers compute with in Keras. */
  readonly precisions: Set<string>;
}

/** A layer of Keras, a function of `keras.ops`, or a class that is not Keras' own, whatever its name. */
export type Origin = "layer" | "operation" | { readonly foreign: string };

/** The configuration of one layer. Everything that is read from it is checked; what has no ONNX form is noted as an obstacle. */
export class LayerConfig {
  readonly className: string;
  /** With the names of the models around it: "inner/deep". */
  readonly where: string;
  readonly file: FileFacts;
  /** What it is, if it is none of Keras' layers. */
  readonly origin: Origin;
  readonly #values: JsonObject;

  constructor(className: string, where: string, values: JsonObject, file: FileFacts, origin: Origin = "layer") {
    this.className = className;
    this.where = where;
    this.#values = values;
    this.origin = origin;
    this.file = file;
  }

  get keras(): 2 | 3 {
    return this.file.keras;
  }

  get tfjs(): boolean {
    return this.file.tfjs;
  }

  /** The layer's own name. */
  get name(): string {
    return text(this.get("name")) ?? this.where.slice(this.where.lastIndexOf("/") + 1);
  }

  get(key: string): Json | undefined {
    return Object.hasOwn(this.#values, key) ? this.#values[key] : undefined;
  }

  /** Something that has no ONNX form here. Reading goes on, so that all of them are named. */
  obstacle(attribute: string | undefined, reason: string): void {
    const { where: layer, className } = this;
    this.file.obstacles.add({ layer, class: className, ...(attribute !== undefined && { attribute }), reason });
  }

  /** For attributes that must have their usual value. */
  only(key: string, usual: Json | undefined, reason: string): void {
    const value = this.get(key);
    if (value !== undefined && value !== null && value !== usual) this.obstacle(key, reason);
  }

  fault(key: string, wanted: string): Error {
    return malformed(
      `The layer ${JSON.stringify(this.where)} (${this.className}) has ${key} ${shown(this.get(key))}, where ${wanted} belongs`,
    );
  }

  boolean(key: string, fallback: boolean): boolean {
    const value = this.get(key) ?? fallback;
    if (typeof value !== "boolean") throw this.fault(key, "true or false");
    return value;
  }

  number(key: string, fallback?: number): number {
    const value = this.get(key) ?? fallback;
    if (typeof value !== "number") throw this.fault(key, "a number");
    return value;
  }

  /** Absent and null are the same. */
  optionalNumber(key: string): number | undefined {
    const value = this.get(key);
    return value === undefined || value === null ? undefined : this.number(key);
  }

  integer(key: string, fallback?: number, least = 1): number {
    const value = this.number(key, fallback);
    if (!Number.isSafeInteger(value) || value < least) throw this.fault(key, `a whole number from ${least} on`);
    return value;
  }

  oneOf<T extends string>(key: string, choices: readonly T[], fallback?: T): T {
    const value = this.get(key) ?? fallback;
    if (typeof value !== "string" || !choices.includes(value as T)) throw this.fault(key, choices.join(" or "));
    return value as T;
  }

  list(key: string): readonly Json[] | undefined {
    const value = this.get(key);
    if (value === undefined || value === null) return undefined;
    if (!Array.isArray(value)) throw this.fault(key, "a list");
    return value;
  }

  numbers(key: string): readonly number[] | undefined {
    const values = this.list(key);
    if (values?.some((value) => typeof value !== "number")) throw this.fault(key, "a list of numbers");
    return values as readonly number[] | undefined;
  }

  /** One number for all spatial axes, or one for each. */
  sizes(key: string, rank: number, fallback?: number, least = 1): readonly number[] {
    const value = this.get(key) ?? fallback;
    const list = typeof value === "number" ? Array.from({ length: rank }, () => value) : value;
    if (!Array.isArray(list) || list.length !== rank) throw this.fault(key, `${rank} whole numbers`);
    if (!list.every((each) => Number.isSafeInteger(each) && (each as number) >= least))
      throw this.fault(key, `${rank} whole numbers from ${least} on`);
    return list as number[];
  }

  /** A list of axes; one number is a list of one. */
  axes(key: string, fallback: number): readonly number[] {
    const value = this.get(key) ?? fallback;
    const list = Array.isArray(value) ? value : [value];
    if (!list.every((each) => Number.isSafeInteger(each))) throw this.fault(key, "an axis or a list of axes");
    return list as number[];
  }

  /** The same with other values. */
  with(values: JsonObject): LayerConfig {
    return new LayerConfig(this.className, this.where, { ...this.#values, ...values }, this.file, this.origin);
  }

  /** A layer within this one: of a wrapper, or a layer that stands for an activation. */
  inner(key: string): LayerConfig | undefined {
    const value = this.get(key);
    return isJsonObject(value) ? innerLayer(value, this.where, this.file) : undefined;
  }
}

/** The configuration of a layer, from the object that names its class. */
export function innerLayer(object: JsonObject, around: string, file: FileFacts): LayerConfig | undefined {
  const className = text(object["class_name"]);
  if (className === undefined) return undefined;
  // The configuration of a Sequential model was once the list of its layers itself.
  const given = object["config"];
  const config: JsonObject = isJsonObject(given) ? given : Array.isArray(given) ? { layers: given } : {};
  const name = text(object["name"]) ?? text(config["name"]) ?? className;
  const where = around === "" ? name : `${around}/${name}`;
  return new LayerConfig(className, where, { ...config, name }, file, originOf(object));
}

const keras = /^(?:keras|tf_keras|tensorflow\.keras|tensorflow\.python\.keras)(?:\.|$)/u;

/** Functions of `keras.ops` that are known here, some by the names of layers. */
const functions = new Set("Add Subtract Multiply Divide TrueDivide Maximum Minimum NotEqual Any".split(" "));

function originOf(object: JsonObject): Origin {
  const [module, registered] = [text(object["module"]), text(object["registered_name"])];
  if (registered?.includes(">") === true && !/^(?:keras|tf_keras|Keras)>/u.test(registered))
    return { foreign: `it is a class of its author (${registered}), whose code is not in the file` };
  // `.h5` files name no modules; functions have no more than a name and their arguments.
  if (module === undefined)
    return functions.has(text(object["class_name"]) ?? "") && jsonMember(object["config"], "trainable") === undefined
      ? "operation"
      : "layer";
  if (!keras.test(module)) return { foreign: `it is a class of the module ${module}, whose code is not in the file` };
  return /^keras\.(?:src\.)?ops(?:\.|$)/u.test(module) ? "operation" : "layer";
}
