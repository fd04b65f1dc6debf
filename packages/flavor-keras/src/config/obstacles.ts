import { ModelkeepError } from "@modelkeep/core";

/** Why one layer has no ONNX form here. */
export interface Obstacle {
  /** With the names of the models around it: "inner/deep". */
  readonly layer: string;
  readonly class: string;
  readonly attribute?: string;
  readonly reason: string;
}

/** Most that one message names; `details` has all. */
const named = 20;

/** Collects everything that stands in the way of a conversion, so that one message names it all. */
export class Obstacles {
  readonly #found: Obstacle[] = [];

  add(obstacle: Obstacle): void {
    this.#found.push(obstacle);
  }

  /** Throws `unsupported` if there was anything. */
  settle(): void {
    if (this.#found.length > 0) throw refusalOf(this.#found);
  }
}

/** One error for everything that is in the way. */
export function refusalOf(found: readonly Obstacle[]): ModelkeepError {
  const sentences = found.slice(0, named).map(({ layer, class: type, attribute, reason }) => {
    const place = attribute === undefined ? "" : `, ${attribute}`;
    return `${JSON.stringify(layer)} (${type}${place}): ${reason}`;
  });
  if (found.length > named) sentences.push(`and ${found.length - named} more`);
  return new ModelkeepError(
    "unsupported",
    `The model does not convert to ONNX; in the way ${found.length === 1 ? "is" : "are"} ${sentences.join("; ")}. The file itself can be kept as it is`,
    { details: { layers: found } },
  );
}
