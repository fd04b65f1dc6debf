import {
  type Dimension,
  type DType,
  ModelkeepError,
  type Signature,
  type Tensor,
  tensorBytes,
  type TensorSpec,
} from "@modelkeep/core";

import { type Attributes, toOnnxAttribute } from "./attribute.js";
import { dataTypeOf } from "./data-type.js";
import type { OnnxAttribute, OnnxGraph, OnnxModel, OnnxNode, OnnxTensor, OnnxValueInfo } from "./model.js";
import { toOnnxTensor } from "./tensor.js";
import { valueMetadata } from "./value-metadata.js";

/** The name of a value in the graph: an input, a constant or what a node puts out. */
export type Value = string;

/** What the model says of itself, and which versions of operators it uses. */
export interface GraphOptions {
  readonly name?: string;
  /** Versions of operator sets by domain; "" is ai.onnx. Default: ai.onnx 21, and ai.onnx.ml 5 when it is used. */
  readonly opsets?: Readonly<Record<string, number>>;
  readonly irVersion?: number;
  readonly producerName?: string;
  readonly producerVersion?: string;
  readonly description?: string;
  /** Names that only outputs get: no node's value is called so of its own accord. */
  readonly reserved?: readonly string[];
  /** `metadata_props` of the model. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** What a node's outputs, and the node itself, are called. */
export interface NodeOptions {
  /** How many values the node puts out, or their names. Default 1. */
  readonly outputs?: number | readonly string[];
  readonly name?: string;
}

/** Constants up to this size are kept once however often they are asked for. */
const sharedLimit = 256;

/** Values, constants and nodes of a graph in the making; each is checked as it comes. */
export class GraphCore {
  readonly #options: GraphOptions;
  readonly #nodes: OnnxNode[] = [];
  readonly #initializers: OnnxTensor[];
  readonly #inputs: OnnxValueInfo[] = [];
  readonly #outputs: OnnxValueInfo[] = [];
  readonly #inputSpecs: TensorSpec[] = [];
  readonly #outputSpecs: TensorSpec[] = [];
  readonly #values: Set<string>;
  readonly #reserved: ReadonlySet<string>;
  readonly #nodeNames: Set<string>;
  readonly #domains: Set<string>;
  readonly #shared: Map<string, Value>;
  readonly #valueCounts: Map<string, number>;
  readonly #nodeCounts: Map<string, number>;
  readonly #outer: GraphCore | undefined;

  /** With an outer graph, a graph that is an attribute of a node of it: names and constants are those of the outer one. */
  constructor(options: GraphOptions = {}, outer?: GraphCore) {
    this.#options = options;
    this.#outer = outer;
    this.#reserved = outer === undefined ? new Set(options.reserved) : outer.#reserved;
    this.#initializers = outer === undefined ? [] : outer.#initializers;
    this.#values = outer === undefined ? new Set() : outer.#values;
    this.#nodeNames = outer === undefined ? new Set() : outer.#nodeNames;
    this.#domains = outer === undefined ? new Set([""]) : outer.#domains;
    this.#shared = outer === undefined ? new Map() : outer.#shared;
    this.#valueCounts = outer === undefined ? new Map() : outer.#valueCounts;
    this.#nodeCounts = outer === undefined ? new Map() : outer.#nodeCounts;
  }

  /** A dimension that varies has a name ("batch"); null is one of which nothing is known. */
  input(
    name: string,
    dtype: DType,
    shape: readonly Dimension[],
    more: Omit<TensorSpec, "name" | "dtype" | "shape"> = {},
  ): Value {
    this.#define(name);
    this.#inputs.push(valueInfo(name, dtype, shape, more));
    this.#inputSpecs.push({ name, dtype, shape, ...more });
    return name;
  }

  /** Makes a value an output of the graph, under a name of its own when the value has another. */
  output(
    name: string,
    value: Value,
    dtype: DType,
    shape: readonly Dimension[],
    more: Omit<TensorSpec, "name" | "dtype" | "shape"> = {},
  ): void {
    this.#use(value, `the output ${JSON.stringify(name)}`);
    if (this.#outputs.some((output) => output.name === name))
      throw new ModelkeepError("invalid_input", `The graph has the output ${JSON.stringify(name)} twice`);
    if (value !== name) this.op("", "Identity", [value], {}, { outputs: [name] });
    this.#outputs.push(valueInfo(name, dtype, shape, more));
    this.#outputSpecs.push({ name, dtype, shape, ...more });
  }

  /** An initializer. Its data are not copied: leave them as they are until the model has been encoded. */
  constant(tensor: Tensor, name?: string): Value {
    const key = name === undefined ? sharingKey(tensor) : undefined;
    const known = key === undefined ? undefined : this.#shared.get(key);
    if (known !== undefined) return known;
    const chosen = name ?? this.fresh("constant");
    this.#define(chosen);
    this.#initializers.push(toOnnxTensor(chosen, tensor));
    if (key !== undefined) this.#shared.set(key, chosen);
    return chosen;
  }

  /** A node; gives the names of what it puts out. An empty input name leaves out an optional input. */
  op(
    domain: string,
    type: string,
    inputs: readonly Value[],
    attributes: Attributes = {},
    options: NodeOptions = {},
  ): Value[] {
    const name = options.name ?? freshName(type, this.#nodeNames, this.#nodeCounts);
    if (this.#nodeNames.has(name))
      throw new ModelkeepError("invalid_input", `The graph has the node ${JSON.stringify(name)} twice`);
    for (const input of inputs) if (input !== "") this.#use(input, `the node ${JSON.stringify(name)}`);
    this.#nodeNames.add(name);
    const { outputs = 1 } = options;
    const output = typeof outputs === "number" ? Array.from({ length: outputs }, () => this.fresh(type)) : [...outputs];
    for (const each of output) if (each !== "") this.#define(each);
    const attribute: OnnxAttribute[] = [];
    for (const [key, value] of Object.entries(attributes))
      if (value !== undefined) attribute.push(toOnnxAttribute(key, value));
    const home = domain === "ai.onnx" ? "" : domain;
    this.#domains.add(home);
    const head = { input: [...inputs], output, name, opType: type, attribute };
    this.#nodes.push(home === "" ? head : { ...head, domain: home });
    return output;
  }

  /** A name that no value has: "matmul", "matmul_1" … */
  fresh(stem: string): string {
    for (;;) {
      const name = freshName(stem, this.#values, this.#valueCounts);
      if (!this.#reserved.has(name)) return name;
    }
  }

  /** The inputs and outputs so far, with everything that was said about them. */
  get signature(): Signature {
    return { inputs: [...this.#inputSpecs], outputs: [...this.#outputSpecs] };
  }

  /** The graph so far. Nodes are in the order in which they were added, so each comes after what it needs. */
  graph(): OnnxGraph {
    if (this.#outputs.length === 0) throw new ModelkeepError("invalid_input", "The graph has no output");
    const { name = "graph", description } = this.#options;
    return {
      name,
      node: [...this.#nodes],
      initializer: this.#outer === undefined ? [...this.#initializers] : [],
      input: [...this.#inputs],
      output: [...this.#outputs],
      ...(description === undefined ? {} : { docString: description }),
    };
  }

  /** The model as it stands: its graph, the initializers, and the operator sets that it uses. */
  build(): OnnxModel {
    const { irVersion = 10, producerName = "modelkeep", producerVersion, metadata = {}, opsets = {} } = this.#options;
    const versions: Record<string, number> = { "": 21, "ai.onnx.ml": 5, ...opsets };
    const domains = new Set([...this.#domains, ...Object.keys(opsets)]);
    const opsetImport = [...domains].map((domain) => {
      const version = versions[domain];
      if (version === undefined) {
        throw new ModelkeepError("invalid_input", `The graph uses ${domain}: give its version in the option opsets`);
      }
      return { domain, version };
    });
    const metadataProps = Object.entries(metadata).map(([key, value]) => ({ key, value }));
    return {
      irVersion,
      opsetImport,
      producerName,
      ...(producerVersion === undefined ? {} : { producerVersion }),
      graph: this.graph(),
      ...(metadataProps.length === 0 ? {} : { metadataProps }),
    };
  }

  #define(name: string): void {
    if (name === "") throw new ModelkeepError("invalid_input", "A value of the graph needs a name");
    if (this.#values.has(name))
      throw new ModelkeepError("invalid_input", `The graph has the value ${JSON.stringify(name)} twice`);
    this.#values.add(name);
  }

  #use(name: string, by: string): void {
    if (!this.#values.has(name)) {
      throw new ModelkeepError(
        "invalid_input",
        `${by[0]!.toUpperCase()}${by.slice(1)} uses ${JSON.stringify(name)}, which the graph does not have yet`,
      );
    }
  }
}

function freshName(stem: string, taken: ReadonlySet<string>, counts: Map<string, number>): string {
  const base = stem.toLowerCase();
  for (;;) {
    const count = counts.get(base) ?? 0;
    counts.set(base, count + 1);
    const name = count === 0 ? base : `${base}_${count}`;
    if (!taken.has(name)) return name;
  }
}

function valueInfo(
  name: string,
  dtype: DType,
  shape: readonly Dimension[],
  more: Omit<TensorSpec, "name" | "dtype" | "shape">,
): OnnxValueInfo {
  const dim = shape.map((size) =>
    size === null ? {} : typeof size === "string" ? { dimParam: size } : { dimValue: size },
  );
  const metadataProps = valueMetadata(more);
  return {
    name,
    type: { tensorType: { elemType: dataTypeOf(dtype), shape: { dim } } },
    ...(more.description === undefined ? {} : { docString: more.description }),
    ...(metadataProps.length === 0 ? {} : { metadataProps }),
  };
}

function sharingKey(tensor: Tensor): string | undefined {
  if (tensor.size > sharedLimit) return undefined;
  const { dtype, shape, data } = tensor;
  if (dtype === "string") return JSON.stringify([dtype, shape, data]);
  const bytes = tensorBytes(tensor);
  return bytes.length > sharedLimit ? undefined : `${dtype}[${shape.join()}]${bytes.join()}`;
}
