import type { ByteSource, Envelope } from "@modelkeep/core";
import type { Metadata } from "@modelkeep/registry";

/** One file of a version, where it lies and what it is for. */
export interface PlannedFile {
  /** Where it lies: absolute, or its path in the archive. */
  readonly file: string;
  /** The tar archive that it lies in, absolute. */
  readonly archive?: string | undefined;
  /** Its path in the envelope. */
  readonly path: string;
  /** "model" for what runs; "preprocessor", "features", "attachment" …: as in manifests. */
  readonly role: string;
  readonly size?: number | undefined;
  /** How it is read where it is no file of its own, or its source says what its digest is. */
  readonly open?: ByteSource | undefined;
}

/** One version that would be saved. Printed as JSON, a plan holds all of it that can be read. */
export interface PlannedVersion {
  readonly name: string;
  /** The version as its source calls it: "v2", "2024-01-15". It becomes a label, and is how a second run knows it. */
  readonly label: string;
  /** Folder or file that it comes from, relative to the source. */
  readonly from: string;
  readonly files: readonly PlannedFile[];
  readonly metadata: Metadata;
  /** Aliases that pointed at it. */
  readonly aliases: readonly string[];
  /** Rows that the source kept as an example: samples, where something here can run the model. */
  readonly examples?: readonly unknown[] | undefined;
  /** The whole version, where one of ours was carried: it is registered as it was, and the rest here only tells of it. */
  readonly envelope?: (() => Envelope) | undefined;
  /** What its source says and the registry has no place for. */
  readonly notes: readonly string[];
}

/** What an import would do. Nothing has been read of the models themselves. */
export interface ImportPlan {
  /** "a folder of versions", "MLflow models": what was recognised. */
  readonly kind: string;
  /** Absolute. */
  readonly source: string;
  /** By name, the oldest version of each first. */
  readonly versions: readonly PlannedVersion[];
  readonly left: readonly LeftBehind[];
  /** Removes what was unpacked on the way. `runImport` does it at its end. */
  [Symbol.asyncDispose]?(): Promise<void>;
}

/** A file or folder that is left where it is. */
export interface LeftBehind {
  readonly path: string;
  readonly reason: string;
  /** True for a version that should come over and cannot be read. */
  readonly failed?: boolean | undefined;
}
