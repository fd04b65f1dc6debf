/**
 * Saves of one and the same content beside garbage collections, in single store operations. At the start a blob with
 * these bytes may be there, old and referenced by nothing: what a crash left. Where there are movers or deletions, it is
 * that of a version which was acknowledged long ago.
 */
export interface CollectState {
  readonly blobs: Blob[];
  /** "blob:collector" */
  readonly markers: string[];
  readonly versions: Version[];
  readonly savers: Saver[];
  readonly collectors: Collector[];
  readonly movers: Mover[];
  /** How many times the first version may still be deleted. */
  deletions: number;
  crashes: number;
}

export interface Blob {
  there: boolean;
  /** Older than the grace period. */
  old: boolean;
  /** The saver that sent it; null for what was there, or what a mover sent. */
  readonly owner: number | null;
}

export interface Version {
  /** Every key that an entry has named for these bytes. */
  keys: number[];
  /** Keys that were given up. */
  former: number[];
  acknowledged: boolean;
  deleted: boolean;
}

export interface Saver {
  at:
    | "find"
    | "list"
    | "lease"
    | "markers"
    | "head"
    | "upload"
    | "check"
    | "append"
    | "markers again"
    | "head again"
    | "end";
  /** Whether it returns an existing version of the same content instead of adding one. */
  readonly same: boolean;
  lease: "none" | "live" | "expired";
  blob: number;
  version: number;
  /** How many more it may make before it gives up: what bounds the search. */
  uploads: number;
}

export interface Collector {
  at: "fold" | "list" | "mark" | "leases" | "tails" | "delete" | "unmark" | "end";
  referenced: number[];
  candidates: number[];
  doomed: number[];
  next: number;
}

/** Brings the bytes of the first version under a new key, and gives the ones up that it had before. */
export interface Mover {
  at: "read" | "send" | "place" | "markers again" | "head again" | "give up" | "end";
  lease: "none" | "live" | "expired";
  before: number[];
  blob: number;
  uploads: number;
}

export interface CollectRules {
  /** Processes may stand still for longer than a lease or the grace period lasts, at any point. */
  readonly suspended: boolean;
  readonly mistake?: CollectMistake;
}

export type CollectMistake =
  | "look for the blob before the markers"
  | "no lease"
  | "no grace period"
  | "append after the lease has expired"
  | "no markers"
  | "list leases before marking"
  | "do not read the tails again"
  | "acknowledge without looking again"
  | "look again for the blob before the markers"
  | "look again for the blob only"
  | "one key per digest"
  | "remove the markers of others"
  | "remove markers before deleting"
  | "a new place replaces the old one"
  | "trust a version of the same content unseen"
  | "give places up before looking again"
  | "give places up in the entry that names the new one"
  | "look again for the moved blob before the markers"
  | "give up every place but one's own"
  | "take the bytes of a deleted version for garbage that nobody else has";
