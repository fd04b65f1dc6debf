import type { Actor } from "./entry.js";
import type { Origin } from "./origin.js";
import type {
  AliasMove,
  AliasRecord,
  AttestationRecord,
  Deletion,
  Hold,
  ModelRecord,
  PolicyRecord,
  Review,
  Signer,
  Status,
  Summary,
  Verification,
  VersionRecord,
  VoidEntry,
} from "./record.js";
import type { RetentionPolicy } from "./retention-policy.js";
import { type RouteView, routeView } from "./route-view.js";

/** A version as listings show it: plain values only, so that it can be printed as JSON. */
export interface VersionView {
  readonly name: string;
  readonly version: number;
  /** `name@3` */
  readonly reference: string;
  readonly digest: string;
  readonly content: string;
  readonly registered: string;
  readonly registeredBy: Actor;
  readonly status: Status;
  readonly reason?: string | undefined;
  /** Aliases that point at it. */
  readonly aliases: readonly string[];
  /** Those of them that their policy would not have let point at it, had nobody overridden it. */
  readonly overridden?: readonly string[] | undefined;
  readonly labels: readonly string[];
  readonly tags: Readonly<Record<string, string>>;
  readonly description?: string | undefined;
  readonly created: string;
  readonly author?: Actor | undefined;
  readonly metrics: Summary["metrics"];
  readonly parameters: Summary["parameters"];
  readonly representations: Summary["representations"];
  readonly size: number;
  readonly samples?: number | undefined;
  readonly verifications: readonly Verification[];
  readonly reviews: readonly Review[];
  /** Where it was copied from. */
  readonly origin?: Origin | undefined;
  readonly attestations: readonly AttestationView[];
  /** What stops its deletion, beside the holds on the model. */
  readonly holds: readonly Hold[];
  /** The storage class or the archive that its files were moved to. */
  readonly storage?: string | undefined;
  /** Of a deleted version: its tombstone. */
  readonly deletion?: Deletion | undefined;
}

/** Who vouches for a version, as the history says. Whether a key is to be trusted is for `verifyAttestations` to say. */
export type AttestationView = Pick<AttestationRecord, "keyId" | "algorithm" | "publicKey" | "name" | "time" | "actor">;

/** A model with all its versions. */
export interface ModelView {
  readonly name: string;
  readonly formerNames: readonly string[];
  readonly description?: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
  /** Alias to version. */
  readonly aliases: Readonly<Record<string, number>>;
  readonly moves: Readonly<Record<string, readonly AliasMove[]>>;
  /** By the alias that they hold. */
  readonly policies: Readonly<Record<string, PolicyRecord>>;
  /** Who signs its entries; absent: they need not be signed. */
  readonly signers?: readonly Signer[] | undefined;
  /** By alias: how its requests are divided, where they are. */
  readonly routes: Readonly<Record<string, RouteView>>;
  /** The newest first. */
  readonly versions: readonly VersionView[];
  /** Entries of its log. */
  readonly entries: number;
  readonly head: string | null;
  readonly changed: string | undefined;
  /** Entries that have no effect. */
  readonly voids: readonly VoidEntry[];
  readonly readOnly?: string | undefined;
  readonly retention?: RetentionPolicy | undefined;
  /** Holds on the model as a whole. */
  readonly holds: readonly Hold[];
  /** Of a deleted model: its tombstone. */
  readonly deletion?: Deletion | undefined;
}

export function viewVersion(record: ModelRecord, version: VersionRecord): VersionView {
  const { summary } = version;
  const aliases = [...record.aliases.values()].filter((alias) => alias.version === version.version);
  const overridden = aliases.filter(isOverridden).map((alias) => alias.name);
  return {
    name: record.name,
    version: version.version,
    reference: `${record.name}@${version.version}`,
    digest: version.manifest,
    content: version.content,
    registered: version.registered,
    registeredBy: version.actor,
    status: version.status,
    ...(version.reason !== undefined && { reason: version.reason }),
    aliases: aliases.map((alias) => alias.name).toSorted(),
    ...(overridden.length > 0 && { overridden: overridden.toSorted() }),
    labels: version.labels,
    tags: version.tags,
    ...(version.description !== undefined && { description: version.description }),
    created: summary.created,
    ...(summary.author && { author: summary.author }),
    metrics: summary.metrics,
    parameters: summary.parameters,
    representations: summary.representations,
    size: summary.size,
    ...(summary.samples !== undefined && { samples: summary.samples }),
    verifications: version.verifications,
    reviews: version.reviews,
    ...(version.origin !== undefined && { origin: version.origin }),
    attestations: version.attestations.map(viewAttestation),
    holds: version.holds,
    ...(version.storage !== undefined && { storage: version.storage }),
    ...(version.deletion && { deletion: version.deletion }),
  };
}

export function viewAttestation(attestation: AttestationRecord): AttestationView {
  const { keyId, algorithm, publicKey, name, time, actor } = attestation;
  return { keyId, algorithm, publicKey, name, time, actor };
}

/** Whether the alias points where it does because somebody overrode its policy. */
export function isOverridden({ version, moves }: AliasRecord): boolean {
  return version !== undefined && moves.at(-1)?.action === "override";
}

export function viewModel(record: ModelRecord): ModelView {
  const set = [...record.aliases.values()].filter((alias) => alias.version !== undefined);
  return {
    name: record.name,
    formerNames: record.formerNames,
    ...(record.description !== undefined && { description: record.description }),
    tags: record.tags,
    aliases: Object.fromEntries(set.map((alias) => [alias.name, alias.version!])),
    routes: Object.fromEntries([...record.routes.keys()].map((alias) => [alias, routeView(record, alias)!])),
    moves: Object.fromEntries([...record.aliases.values()].map((alias) => [alias.name, alias.moves])),
    policies: Object.fromEntries(record.policies),
    ...(record.ring && { signers: [...record.ring.signers.values()] }),
    versions: [...record.versions.values()].reverse().map((version) => viewVersion(record, version)),
    entries: record.length,
    head: record.head,
    changed: record.time,
    voids: record.voids,
    ...(record.readOnly !== undefined && { readOnly: record.readOnly }),
    ...(record.retention && { retention: record.retention }),
    holds: record.holds,
    ...(record.deletion && { deletion: record.deletion }),
  };
}
