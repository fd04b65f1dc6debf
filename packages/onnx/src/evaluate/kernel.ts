import { ModelkeepError, type Tensor } from "@modelkeep/core";

import { attributeText } from "../attribute.js";
import type { OnnxAttribute, OnnxGraph, OnnxNode } from "../model.js";
import { fromOnnxTensor } from "../tensor.js";
import type { Value } from "./value.js";

/** Computes a node's outputs. Inputs that a node leaves out are `undefined`. They are not to be changed: others read them. */
export type Kernel = (inputs: readonly (Value | undefined)[]) => readonly Value[];

/** Reads a node's attributes once and gives what computes it. */
export type KernelFactory = (node: NodeReader) => Kernel;

/** Operators by type; those of ai.onnx.ml by "ai.onnx.ml.TreeEnsemble". */
export type KernelTable = Readonly<Record<string, KernelFactory>>;

/** A graph within an attribute. It reads its own inputs, and values of the graphs around it by `outerNames`. */
export interface CompiledGraph {
  readonly outerNames: readonly string[];
  run(inputs: readonly (Value | undefined)[], outer: readonly (Value | undefined)[]): Value[];
}

/** The attributes of one node with their defaults. */
export class NodeReader {
  readonly node: OnnxNode;
  /** What the graphs that were asked for read from around them: given to the kernel after the node's own inputs. */
  readonly outerNames: string[] = [];
  readonly #compile: ((graph: OnnxGraph) => CompiledGraph) | undefined;
  readonly #attributes: ReadonlyMap<string, OnnxAttribute>;

  constructor(node: OnnxNode, compile?: (graph: OnnxGraph) => CompiledGraph) {
    this.node = node;
    this.#compile = compile;
    this.#attributes = new Map(node.attribute.map((attribute) => [attribute.name ?? "", attribute]));
  }

  has(name: string): boolean {
    return this.#attributes.has(name);
  }

  int(name: string, fallback: number): number {
    const { i } = this.#attributes.get(name) ?? {};
    return i === undefined ? fallback : Number(i);
  }

  float(name: string, fallback: number): number {
    return this.#attributes.get(name)?.f ?? fallback;
  }

  text(name: string): string | undefined {
    const { s } = this.#attributes.get(name) ?? {};
    return s === undefined ? undefined : attributeText(s);
  }

  ints(name: string): readonly number[] | undefined {
    const { ints } = this.#attributes.get(name) ?? {};
    return ints === undefined ? undefined : Array.from(ints, Number);
  }

  floats(name: string): Float32Array | undefined {
    return this.#attributes.get(name)?.floats;
  }

  texts(name: string): readonly string[] | undefined {
    return this.#attributes.get(name)?.strings?.map((each) => attributeText(each) ?? "");
  }

  tensor(name: string): Tensor | undefined {
    const { t } = this.#attributes.get(name) ?? {};
    return t === undefined ? undefined : fromOnnxTensor(t);
  }

  graph(name: string): CompiledGraph {
    const { g } = this.#attributes.get(name) ?? {};
    if (g === undefined || this.#compile === undefined) throw this.fault(`has no graph ${name}`);
    const compiled = this.#compile(g);
    this.outerNames.push(...compiled.outerNames);
    return compiled;
  }

  fault(message: string): ModelkeepError {
    return new ModelkeepError("malformed", `${this.#title()} ${message}`);
  }

  unsupported(message: string): ModelkeepError {
    return new ModelkeepError("unsupported", `${this.#title()} ${message}: the JavaScript evaluator does not do that`);
  }

  #title(): string {
    const { opType = "", name } = this.node;
    return `The node ${opType}${name === undefined || name === "" ? "" : ` ${JSON.stringify(name)}`}`;
  }
}

/** An input that a node must have. */
export function given(inputs: readonly (Value | undefined)[], at: number): Value {
  const value = inputs[at];
  if (value === undefined) throw new ModelkeepError("malformed", `An operator misses its input ${at}`);
  return value;
}
