import type { Digest, TensorMap } from "@modelkeep/core";

/** One prediction as it is kept: what was asked, what was answered, and everything needed to answer it again. */
export interface PredictionRecord {
  /** A ULID: ids sort by time. */
  readonly id: string;
  /** When it was answered; that of the id. */
  readonly time: string;
  readonly model: string;
  /** As the server was given it: `credit-scorer@production`. */
  readonly reference: string;
  /** The version that answered, and the digest of its manifest. */
  readonly version: number;
  readonly digest: Digest;
  readonly representation: string;
  readonly runtime: { readonly name: string; readonly version: string };
  /** Who asked, as the server says. */
  readonly caller?: string | undefined;
  /** Milliseconds that the model took. */
  readonly latency: number;
  readonly route?: RouteTaken | undefined;
  /** As the model saw them. Absent where the policy keeps none. */
  readonly inputs?: TensorMap | undefined;
  /** SHA-256 of the inputs, where the policy keeps only that. */
  readonly inputsDigest?: Digest | undefined;
  /** Features whose values were left out. */
  readonly redacted?: readonly string[] | undefined;
  /** Absent when it failed. */
  readonly outputs?: TensorMap | undefined;
  /** Without a message where values are not to be kept: it might hold some. */
  readonly error?: { readonly code: string; readonly message: string } | undefined;
  /** Of what a shadow predicted: nobody was answered with it. */
  readonly shadow?: ShadowOutcome | undefined;
}

/** Why this version answered, where the alias had a route. */
export interface RouteTaken {
  readonly alias: string;
  /** Number of the entry in the model's history that holds the route. */
  readonly entry: number;
  /** Of the caller's key, which itself is not kept; absent where none was given. */
  readonly bucket?: number | undefined;
}

/** How a shadow's prediction compares with the one that was given. */
export interface ShadowOutcome {
  /** Id of the prediction that was given. */
  readonly of: string;
  readonly identical: boolean;
  /** Labels - strings, integers, bools - that are other ones. */
  readonly labels: number;
  /** The largest |a - b| / max(1, |b|) of any float. */
  readonly difference: number;
}
