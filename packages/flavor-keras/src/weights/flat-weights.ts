import type { Tensor } from "@modelkeep/core";

import { malformed } from "../config/json.js";
import { type Float32Weight, toFloat32, type Weights } from "./weights.js";

/**
 * Weights by the name of their own layer, whatever models are around it: `dense_Dense1/kernel`, `lstm/lstm_cell/kernel`, as
 * TensorFlow.js names them.
 */
export class FlatWeights implements Weights {
  readonly #tensors: ReadonlyMap<string, Tensor>;
  /** By the first part of their names. */
  readonly #groups: ReadonlyMap<string, readonly string[]>;
  readonly #names: readonly string[];
  readonly #layer: string;

  constructor(
    tensors: ReadonlyMap<string, Tensor>,
    groups = groupsOf(tensors.keys()),
    names: readonly string[] = [],
    layer = "",
  ) {
    this.#tensors = tensors;
    this.#groups = groups;
    this.#names = names;
    this.#layer = layer;
  }

  take(names: readonly string[]): readonly Float32Weight[] {
    return names.map((name) => {
      const wanted = name.split("|");
      const found = this.#names.filter((path) => wanted.includes(path.slice(path.lastIndexOf("/") + 1)));
      if (found.length === 1) return toFloat32(this.#tensors.get(found[0]!)!, found[0]!);
      throw malformed(
        found.length === 0
          ? `The model lacks the weight ${wanted[0]} of ${this.#layer}`
          : `The model has the weight ${wanted[0]} of ${this.#layer} more than once: ${found.slice(0, 3).join(", ")}`,
      );
    });
  }

  /** There are no files beside the weights. */
  text(): undefined {
    return undefined;
  }

  /** Of what a wrapper holds: under its own name, below that of the wrapper, or straight below the wrapper. */
  within(_attribute: string, name: string): Weights {
    const alternatives = name.split("|");
    const below = this.#names.filter((path) => alternatives.some((each) => path.includes(`/${each}/`)));
    const own = alternatives.flatMap((each) => this.#groups.get(each) ?? []);
    const names = below.length > 0 ? below : own.length > 0 ? own : this.#names;
    return new FlatWeights(this.#tensors, this.#groups, names, alternatives[0]);
  }

  layers(layers: readonly { readonly name: string }[]): readonly Weights[] {
    return layers.map(({ name }) => new FlatWeights(this.#tensors, this.#groups, this.#groups.get(name) ?? [], name));
  }
}

function groupsOf(names: Iterable<string>): ReadonlyMap<string, readonly string[]> {
  const groups = new Map<string, string[]>();
  for (const name of names) {
    const group = name.split("/", 1)[0]!;
    const known = groups.get(group);
    if (known === undefined) groups.set(group, [name]);
    else known.push(name);
  }
  return groups;
}
