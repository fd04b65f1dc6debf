import type { KeptTensors } from "./kept-tensors.js";
import type { LogEntry, NewRecord } from "./log-entry.js";
import type { RouteTaken } from "./record.js";
import type { ServedVersion } from "./served-version.js";
import { tensorDifference } from "./tensor-difference.js";

/** What a shadow's prediction is compared with. */
export interface Shadowed {
  readonly id: string;
  readonly outputs: KeptTensors;
}

/** What is known of a request besides its inputs. */
export interface About {
  readonly caller: string | undefined;
  readonly route: Omit<RouteTaken, "bucket"> | undefined;
  readonly bucket: number | undefined;
}

/** What came of a request: outputs, or an error. */
export interface AnswerParts {
  readonly served: ServedVersion;
  readonly about: About;
  /** Milliseconds. */
  readonly latency: number;
  readonly inputs?: KeptTensors | undefined;
  readonly outputs?: KeptTensors | undefined;
  readonly error?: unknown;
  readonly shadowed?: Shadowed | undefined;
}

/** A prediction on its way to the log: kept as it is, and made a record only when it is written. */
export class Answer implements LogEntry {
  readonly #parts: AnswerParts;

  constructor(parts: AnswerParts) {
    this.#parts = parts;
  }

  get model(): string {
    return this.#parts.served.facts.model;
  }

  get bytes(): number {
    return (this.#parts.inputs?.bytes ?? 0) + (this.#parts.outputs?.bytes ?? 0);
  }

  record(): NewRecord {
    const { served, about, latency, error, shadowed } = this.#parts;
    const { caller, route, bucket } = about;
    const outputs = this.#parts.outputs?.tensors();
    return {
      ...served.facts,
      caller,
      latency,
      ...(route && { route: bucket === undefined ? route : { ...route, bucket } }),
      ...(shadowed === undefined && served.keeper.record(this.#parts.inputs?.tensors())),
      ...(outputs && { outputs }),
      ...(error !== undefined && {
        error: { code: codeOf(error), message: served.keeper.tells ? (error as Error).message : "" },
      }),
      ...(shadowed && { shadow: { of: shadowed.id, ...compared(outputs, shadowed) } }),
    };
  }
}

function compared(outputs: ReturnType<KeptTensors["tensors"]> | undefined, shadowed: Shadowed) {
  return outputs === undefined
    ? { identical: false, labels: 0, difference: 0 }
    : tensorDifference(outputs, shadowed.outputs.tensors());
}

function codeOf(error: unknown): string {
  const { code } = error as { code?: unknown };
  return typeof code === "string" ? code : "failed";
}
