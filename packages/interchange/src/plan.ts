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
}

/** One version that would be saved. Plain values, so that a plan can be printed as JSON. */
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
}

/** A file or folder that is left where it is. */
export interface LeftBehind {
  readonly path: string;
  readonly reason: string;
  /** True for a version that should come over and cannot be read. */
  readonly failed?: boolean | undefined;
}
