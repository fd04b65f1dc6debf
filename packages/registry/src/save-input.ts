import type { LeftAttestation } from "./attest.js";
import type { Inputs, Manifest, Progress, Signature } from "@modelkeep/core";

import type { GivenOutputs } from "./given-outputs.js";
import type { NotReproduced } from "./hold-given.js";
import type { NotMade, RepresentationChoice } from "./representations.js";
import type { BlobSource } from "./upload.js";

/** What the caller knows of a model; the manifest's fields of the same names. */
export type Metadata = Partial<
  Pick<
    Manifest,
    | "description"
    | "author"
    | "licence"
    | "tags"
    | "parameters"
    | "metrics"
    | "crossValidation"
    | "trained"
    | "pipeline"
    | "data"
    | "source"
    | "environment"
    | "requirements"
    | "lineage"
    | "extra"
  >
> & { readonly signature?: Signature | undefined };

/** Rows with what the model predicts for them: kept, and run again before a promotion. */
export interface SamplesInput {
  /** Records, rows or tensors, as `predict` takes them. */
  readonly inputs: Inputs;
  /**
   * What the model gave for them: held to what it gives now, where a runtime for it is installed (`Saved.notReproduced`). Without
   * it such a runtime computes them.
   */
  readonly outputs?: GivenOutputs | undefined;
  /** Floats agree when |a - b| <= bound x max(1, |b|). Default: 0 where a runtime recorded them, else 1e-6. */
  readonly bound?: number | undefined;
}

/** What `save` takes: a model in memory (`model`) or files (`files`), and what is to be known of it. */
export interface SaveInput extends Metadata {
  /** A model in memory: an object that a flavor owns or a codec accepts. */
  readonly model?: unknown;
  /** The forms to save it in: "json", "onnx", "msgpack+deflate". Default: the first codec that takes it. */
  readonly as?: readonly (string | RepresentationChoice)[] | undefined;
  /** Files as they are. Those of the role "model" (the default) are what runs; formats that no codec knows are kept too. */
  readonly files?: readonly BlobSource[] | undefined;
  /** Rows that the version is held to from now on. Without any, `promote` needs `require: "none"`. */
  readonly samples?: SamplesInput | undefined;
  /** Names for this version that never move: "v2.1", "2024-01-15". */
  readonly labels?: readonly string[] | undefined;
  /** Points these aliases at the new version, in the same entry. */
  readonly aliases?: readonly string[] | undefined;
  /** Adds a version even if one with the same content is there. */
  readonly again?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** In bytes of files that are written. */
  readonly progress?: ((progress: Progress) => void) | undefined;
}

/** The version that `save` made, or found. */
export interface Saved {
  readonly name: string;
  /** Counted from 1, never used again. */
  readonly version: number;
  /** `name@3` */
  readonly reference: string;
  /** Of the manifest's bytes: `name@sha256:…` is this version and no other. */
  readonly digest: Manifest["content"];
  /** Of the files alone: the same for versions that hold the same. */
  readonly content: Manifest["content"];
  /** True when a version with the same content was there, and nothing was added. */
  readonly existing: boolean;
  /** Forms that were asked for where possible, and were not. */
  readonly notMade?: readonly NotMade[] | undefined;
  /** What the model gave now instead of the outputs that were given with the samples. It is kept all the same. */
  readonly notReproduced?: NotReproduced | undefined;
  readonly manifest: Manifest;
  /** Attestations that came with an imported envelope and do not hold for this model. */
  readonly leftAttestations?: readonly LeftAttestation[] | undefined;
}
