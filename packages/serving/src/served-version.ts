import { type Digest, InputReader } from "@modelkeep/core";
import type { LoadedModel, VersionView } from "@modelkeep/registry";

import type { Lease } from "./model-pool.js";
import type { NewRecord } from "./log-entry.js";
import { InputKeeper, type RecordPolicy } from "./record-policy.js";

/** A version that a server answers with. It is let go of when it is retired and its last request has been answered. */
export class ServedVersion {
  readonly version: number;
  /** `credit-scorer@3` */
  readonly reference: string;
  readonly digest: Digest;
  readonly model: LoadedModel;
  readonly reader: InputReader;
  readonly keeper: InputKeeper;
  /** What all its records have in common. */
  readonly facts: Pick<NewRecord, "model" | "reference" | "version" | "digest" | "representation" | "runtime">;
  readonly #lease: Lease;
  #users = 0;
  #idle: (() => void) | undefined;

  constructor(view: VersionView, lease: Lease, reference: string, policy: RecordPolicy) {
    const { model } = lease;
    this.version = view.version;
    this.reference = view.reference;
    this.digest = view.digest as Digest;
    this.model = model;
    this.reader = new InputReader(model.signature);
    this.keeper = new InputKeeper(model.signature, policy);
    this.#lease = lease;
    this.facts = {
      model: view.name,
      reference,
      version: view.version,
      digest: this.digest,
      representation: model.representation,
      runtime: model.runtime,
    };
  }

  enter(): void {
    this.#users++;
  }

  leave(): void {
    this.#users--;
    if (this.#users === 0) this.#idle?.();
  }

  /** Lets go of the model once nobody uses it. */
  async retire(): Promise<void> {
    if (this.#users > 0) await new Promise<void>((resolve) => (this.#idle = resolve));
    await this.#lease.release();
  }
}
