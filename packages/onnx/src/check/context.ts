import type { Faults } from "./faults.js";

/** What `checkModel` may look at outside of the model. */
export interface CheckOptions {
  /** The size of a file beside the model, by path from its folder. Without it, external data are only checked in form. */
  readonly fileSize?: (location: string) => number | undefined;
}

/** What the checks of one graph or function share. */
export interface GraphContext {
  readonly irVersion: number;
  /** By domain, "" for ai.onnx. */
  readonly opsets: ReadonlyMap<string, number>;
  /** Domains that the model's own functions are in. */
  readonly functions: ReadonlySet<string>;
  readonly faults: Faults;
  readonly options: CheckOptions;
  /** Attributes may refer to those of the function. */
  readonly inFunction: boolean;
}

/** Names that nodes may use: those of this graph, then of the graphs around it. */
export class Scope {
  readonly #names = new Set<string>();
  readonly #outer: Scope | undefined;

  constructor(outer?: Scope) {
    this.#outer = outer;
  }

  has(name: string): boolean {
    return this.#names.has(name) || (this.#outer?.has(name) ?? false);
  }

  /** False when this graph has the name already. */
  add(name: string): boolean {
    if (this.#names.has(name)) return false;
    this.#names.add(name);
    return true;
  }
}
