import type { KeyAlgorithm, SignedStatement } from "@modelkeep/attest";
import type { Digest, Json, JsonObject } from "@modelkeep/core";

import type { Actor } from "./entry.js";
import type { GateFault } from "./gate-conditions.js";
import type { Policy } from "./policy.js";
import type { Origin } from "./origin.js";
import type { KeepRules, RetentionPolicy } from "./retention-policy.js";

/** What a version can be: found and used, found with a warning, kept out of sight, or gone but for its tombstone. */
export type Status = "active" | "deprecated" | "archived" | "deleted";

export const statuses: readonly Status[] = ["active", "deprecated", "archived", "deleted"];

/** What listing and searching need of a manifest, so that they need not read it. */
export interface Summary {
  readonly created: string;
  readonly author?: Actor | undefined;
  readonly description?: string | undefined;
  readonly licence?: string | undefined;
  readonly metrics: Readonly<Record<string, number>>;
  /** Hyper-parameters; only scalars. */
  readonly parameters: Readonly<Record<string, string | number | boolean | null>>;
  readonly representations: readonly {
    readonly name: string;
    readonly codec: string;
    readonly flavor?: string | undefined;
  }[];
  /** Rows of the recorded samples. */
  readonly samples?: number | undefined;
  /** The data sets that the manifest names. */
  readonly data?: readonly { readonly name: string; readonly digest?: Digest | undefined }[] | undefined;
  /** Bytes of all payloads. */
  readonly size: number;
}

/** A file of a version: enough to know whether two versions share it. */
export interface PayloadSummary {
  readonly path: string;
  readonly size: number;
  readonly digest: Digest;
}

/** The outcome of holding a version to its samples. */
export interface Verification {
  readonly ok: boolean;
  readonly representation: string;
  readonly runtime: string;
  readonly runtimeVersion: string;
  readonly platform: string;
  readonly where: "here" | "fresh" | "installed";
  readonly rows: number;
  /** The largest |a - b| / max(1, |b|) of any float, or how many labels differ if any does. */
  readonly worst?: number | undefined;
  /** Output and index of the worst element. */
  readonly worstAt?: string | undefined;
  readonly message?: string | undefined;
  readonly time: string;
  readonly actor: Actor;
}

/** What somebody says of a version's manifest. Of several of one person the last counts. */
export interface Review {
  readonly decision: "approved" | "disapproved" | "withdrawn";
  /** The one alias that it is about; absent: any. */
  readonly alias?: string | undefined;
  readonly reason?: string | undefined;
  readonly time: string;
  readonly actor: Actor;
  /** Number of the log's entry. */
  readonly entry: number;
}

/** A key whose owner vouches for a version: verified against the manifest and the name, not against anybody's trust. */
export interface AttestationRecord {
  readonly keyId: string;
  readonly algorithm: KeyAlgorithm;
  /** In PEM. */
  readonly publicKey: string;
  /** The name that it is bound to: the model's present one, or one that it had. */
  readonly name: string;
  readonly statement: SignedStatement;
  /** Of the bundle over the files; `placement` says where it lies. */
  readonly bundle: Digest;
  readonly time: string;
  readonly actor: Actor;
}

/** What stops the deletion of a version or a model until it is released by its name. */
export interface Hold {
  readonly name: string;
  readonly reason: string;
  readonly time: string;
  readonly actor: Actor;
  /** Names or e-mail addresses of those who may release it beside the one who placed it; "*" is anybody. */
  readonly releasers: readonly string[];
}

/** When, by whom and why something was deleted. */
export interface Deletion {
  readonly time: string;
  /** By the store's clock. */
  readonly storeTime?: string | undefined;
  readonly actor: Actor;
  readonly reason: string;
}

/** A place that was given up after the bytes had been put somewhere else. */
export interface FormerPlace {
  readonly key: string;
  readonly time: string;
}

export interface VersionRecord {
  readonly version: number;
  /** Of the manifest's exact bytes. */
  readonly manifest: Digest;
  readonly content: Digest;
  /** When it was registered, and by whom. */
  readonly registered: string;
  readonly actor: Actor;
  readonly status: Status;
  readonly reason?: string | undefined;
  readonly labels: readonly string[];
  readonly tags: Readonly<Record<string, string>>;
  readonly description?: string | undefined;
  readonly summary: Summary;
  readonly payloads: readonly PayloadSummary[];
  /** Every key that entries have named for a digest, the newest last. */
  readonly placement: ReadonlyMap<Digest, readonly string[]>;
  readonly verifications: readonly Verification[];
  readonly reviews: readonly Review[];
  /** Where it was copied from. */
  readonly origin?: Origin | undefined;
  readonly attestations: readonly AttestationRecord[];
  /** When it was registered by the store's clock, where its writer knew; else by his own. Retention is counted from here. */
  readonly since: string;
  /** What has been promised of it: every policy since it was registered. Nothing takes one away again. */
  readonly promises: readonly KeepRules[];
  /** By alias: when a route last gave it a part of the requests. */
  readonly routed: ReadonlyMap<string, string>;
  readonly holds: readonly Hold[];
  /** The storage class or the archive that its files were moved to. */
  readonly storage?: string | undefined;
  /** Places that were given up, by digest. */
  readonly former: ReadonlyMap<Digest, readonly FormerPlace[]>;
  readonly deletion?: Deletion | undefined;
}

/** One move of an alias. */
export interface AliasMove {
  /** Absent when the alias was removed. */
  readonly version?: number | undefined;
  readonly time: string;
  /** By the store's clock, where the writer knew. */
  readonly storeTime?: string | undefined;
  readonly actor: Actor;
  readonly action: string;
  readonly reason?: string | undefined;
  /** Number of the log's entry. */
  readonly entry: number;
}

export interface AliasRecord {
  readonly name: string;
  /** Absent after removal. */
  readonly version?: number | undefined;
  /** All moves, the newest last. */
  readonly moves: readonly AliasMove[];
}

/** The policy that an alias is held by. */
export interface PolicyRecord {
  readonly alias: string;
  readonly policy: Policy;
  /** What it asks for that this reader cannot judge. */
  readonly unknown: readonly string[];
  readonly reason?: string | undefined;
  readonly time: string;
  readonly actor: Actor;
  /** Number of the log's entry that brought it into force. */
  readonly entry: number;
  /** What it may be replaced by, once enough people agree. */
  readonly proposals: readonly PolicyProposal[];
}

/** A change of a policy that waits for others to agree to it. */
export interface PolicyProposal {
  /** Digest of the entry that proposes it. */
  readonly id: Digest;
  /** Null: the alias is held by no policy any more. */
  readonly policy: Policy | null;
  readonly unknown: readonly string[];
  readonly reason?: string | undefined;
  readonly time: string;
  readonly actor: Actor;
  /** Who agrees, besides the one who proposes. */
  readonly agreed: readonly Actor[];
}

/** Into how many buckets the keys of callers are hashed. */
export const routeBuckets = 10_000;

/** Buckets `from` to before `to` are answered by the version. */
export interface RoutePart {
  readonly version: number;
  readonly from: number;
  readonly to: number;
}

/** How the requests to an alias are divided; gone when the alias moves. */
export interface RouteRecord {
  readonly alias: string;
  readonly salt: string;
  /** Without gaps from 0 to 10,000. */
  readonly parts: readonly RoutePart[];
  /** Versions that predict too, without their answer being given. */
  readonly shadows: readonly number[];
  readonly time: string;
  readonly actor: Actor;
  readonly reason?: string | undefined;
  /** Number of the log's entry. */
  readonly entry: number;
}

/** Whose key signs entries. */
export interface Signer {
  readonly keyId: string;
  /** Public key in PEM. */
  readonly key: string;
  readonly actor: Actor;
  /** Whether this key may change who signs. */
  readonly admin: boolean;
}

/** Who may write entries, where every entry must be signed. */
export interface SignerRing {
  readonly signers: ReadonlyMap<string, Signer>;
  /** How many administrators must agree to a change of the ring, the one who proposes it included. */
  readonly quorum: number;
  readonly proposals: readonly SignerProposal[];
}

export interface SignerChange {
  readonly add: readonly Signer[];
  /** Ids of keys. */
  readonly remove: readonly string[];
  readonly quorum?: number | undefined;
  /** From now on entries need not be signed. */
  readonly off: boolean;
}

/** A change of the signers that waits for other administrators to agree to it. */
export interface SignerProposal {
  /** Digest of the entry that proposes it. */
  readonly id: Digest;
  readonly change: SignerChange;
  readonly reason?: string | undefined;
  readonly time: string;
  readonly actor: Actor;
  readonly agreed: readonly Actor[];
}

/** An entry that has no effect, and why. */
export interface VoidEntry {
  readonly number: number;
  readonly id: string;
  readonly kind: string;
  readonly reason: string;
  /** Where a gate forbids it: every condition that is not met. */
  readonly faults?: readonly GateFault[] | undefined;
}

/** What the entries of a model's log add up to. */
export interface ModelRecord {
  readonly name: string;
  /** Number of the last entry; 0 when there is none. */
  readonly length: number;
  /** Digest and time of the last entry. */
  readonly head: Digest | null;
  readonly time: string | undefined;
  readonly versions: ReadonlyMap<number, VersionRecord>;
  readonly aliases: ReadonlyMap<string, AliasRecord>;
  /** By alias. */
  readonly routes: ReadonlyMap<string, RouteRecord>;
  /** Label to version. */
  readonly labels: ReadonlyMap<string, number>;
  /** By the alias that they hold. */
  readonly policies: ReadonlyMap<string, PolicyRecord>;
  /** Set where every entry must be signed by one of these. */
  readonly ring?: SignerRing | undefined;
  readonly tags: Readonly<Record<string, string>>;
  readonly description?: string | undefined;
  /** What becomes of its versions, and what is promised of those to come. */
  readonly retention?: RetentionPolicy | undefined;
  /** Holds on the model as a whole. */
  readonly holds: readonly Hold[];
  /** Set once it is deleted: the name stays taken. */
  readonly deletion?: Deletion | undefined;
  /** Names it had before, the oldest first. */
  readonly formerNames: readonly string[];
  /** Set once it goes on under another name. */
  readonly renamedTo?: string | undefined;
  /** Why this reader may not change it: an entry of a critical kind that it does not know. */
  readonly readOnly?: string | undefined;
  readonly voids: readonly VoidEntry[];
  /** Entries of kinds that this reader does not know and need not know. */
  readonly skipped: readonly { readonly number: number; readonly kind: string; readonly change: Json | JsonObject }[];
}

export function emptyRecord(name: string): ModelRecord {
  return {
    name,
    length: 0,
    head: null,
    time: undefined,
    versions: new Map(),
    aliases: new Map(),
    routes: new Map(),
    labels: new Map(),
    policies: new Map(),
    tags: {},
    holds: [],
    formerNames: [],
    voids: [],
    skipped: [],
  };
}
