import { isModelkeepError, ModelkeepError } from "@modelkeep/core";

import type { FlatNode } from "./graph/flatten.js";

/** Of what is no graph that TensorFlow could run. */
export function malformedGraph(what: string): ModelkeepError {
  return new ModelkeepError("malformed", `[tensorflow] The graph ${what}`);
}

/** An operator that stands in the way, wherever it stands. */
export interface Obstacle {
  readonly operator: string;
  readonly count: number;
  /** The first of them. */
  readonly node: string;
  /** undefined where the operator has no ONNX form here at all. */
  readonly reason: string | undefined;
}

/** Collects what stands in the way, so that one message tells all of it. */
export class Obstacles {
  readonly #found = new Map<string, Obstacle>();

  add(operator: string, node: string, reason?: string): void {
    const key = `${operator}\n${reason ?? ""}`;
    const known = this.#found.get(key);
    this.#found.set(key, { operator, reason, node: known?.node ?? node, count: (known?.count ?? 0) + 1 });
  }

  /** Notes what is unsupported, and goes on without it. */
  async around<T>({ operator, name }: FlatNode, make: () => Promise<T>): Promise<T | undefined> {
    try {
      return await make();
    } catch (error) {
      if (!isModelkeepError(error, "unsupported")) throw error;
      this.add(operator, name, error.message);
      return undefined;
    }
  }

  get any(): boolean {
    return this.#found.size > 0;
  }

  refusal(signature: string): ModelkeepError {
    const operators = [...this.#found.values()].toSorted((a, b) => b.count - a.count);
    const list = operators.map(({ operator, count, node, reason }) => {
      const first = count === 1 ? node : `${count} times, first ${node}`;
      return `${operator} (${first})${reason === undefined ? "" : `, which ${reason}`}`;
    });
    return new ModelkeepError(
      "unsupported",
      `[tensorflow] The signature ${signature} cannot become ONNX here. In the way: ${list.join("; ")}. The SavedModel can be kept as it is; where it was made, tf2onnx may convert it`,
      { details: { signature, operators } },
    );
  }
}
