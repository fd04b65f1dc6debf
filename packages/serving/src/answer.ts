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

/** A prediction on its way to the log: kept as it is, and made a record only when it is written. */
export class Answer implements LogEntry {
  readonly served: ServedVersion;
  readonly inputs: KeptTensors | undefined;
  readonly outputs: KeptTensors | undefined;
  readonly error: unknown;
  readonly latency: number;
  readonly caller: string | undefined;
  readonly route: Omit<RouteTaken, "bucket"> | undefined;
  readonly bucket: number | undefined;
  readonly shadowed: Shadowed | undefined;

  constructor(given: Omit<Answer, "model" | "bytes" | "record">) {
    this.served = given.served;
    this.inputs = given.inputs;
    this.outputs = given.outputs;
    this.error = given.error;
    this.latency = given.latency;
    this.caller = given.caller;
    this.route = given.route;
    this.bucket = given.bucket;
    this.shadowed = given.shadowed;
  }

  get model(): string {
    return this.served.facts.model;
  }

  get bytes(): number {
    return (this.inputs?.bytes ?? 0) + (this.outputs?.bytes ?? 0);
  }

  record(): NewRecord {
    const { served, inputs, error, latency, caller, route, bucket, shadowed } = this;
    const outputs = this.outputs?.tensors();
    return {
      ...served.facts,
      caller,
      latency,
      ...(route && { route: bucket === undefined ? route : { ...route, bucket } }),
      ...(shadowed === undefined && served.keeper.record(inputs?.tensors())),
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
