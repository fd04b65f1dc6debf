import type { ModelRecord, VersionRecord } from "./record.js";
import { isAmongLast, type KeepReason, lastServed, reasonsToKeep } from "./retention-reasons.js";

/** What a model's policy makes of one of its versions. */
export interface PlannedVersion {
  readonly name: string;
  readonly version: number;
  /** `name@3` */
  readonly reference: string;
  readonly action: "delete" | "archive" | "keep";
  /** Where an archived version's files go. */
  readonly to?: string | undefined;
  /** Why this action: for a version that is kept, everything that keeps it. */
  readonly reasons: readonly string[];
  /** When the last promise of years ends; absent where there is none, or one whose years have not begun. */
  readonly keptUntil?: string | undefined;
  readonly size: number;
}

const day = 86_400_000;

/** What is to be done with each version that is not deleted, at a time in milliseconds: the oldest first. */
export function planRetention(record: ModelRecord, at: number): PlannedVersion[] {
  if (record.renamedTo !== undefined || record.deletion !== undefined) return [];
  return [...record.versions.values()]
    .filter((version) => version.status !== "deleted")
    .map((version) => planVersion(record, version, at));
}

function planVersion(record: ModelRecord, version: VersionRecord, at: number): PlannedVersion {
  const { retention: policy } = record;
  const keeps = reasonsToKeep(record, version, at);
  const goesOn = keeps.some(({ rule, until }) => rule === "aliased" && until === undefined);
  const ends = goesOn ? [] : keeps.flatMap(({ until }) => until ?? []).toSorted();
  const planned = {
    name: record.name,
    version: version.version,
    reference: `${record.name}@${version.version}`,
    ...(ends.length > 0 && { keptUntil: ends.at(-1)! }),
    size: version.summary.size,
  };
  if (keeps.length === 0 && policy?.delete === "rest")
    return { ...planned, action: "delete", reasons: [nothingKeeps(version)] };
  const idle = policy?.archive && idleReason(record, version, policy.archive, at);
  if (idle !== undefined) return { ...planned, action: "archive", to: policy!.archive!.to, reasons: [idle] };
  const reasons = keeps.map(({ text }: KeepReason) => text);
  const without = policy === undefined ? "the model has no policy" : "no rule asks for more";
  return { ...planned, action: "keep", reasons: reasons.length > 0 ? reasons : [without] };
}

function nothingKeeps({ promises }: VersionRecord): string {
  if (promises.every(({ years, last, aliased }) => years === undefined && last === undefined && aliased === undefined))
    return "nothing was promised of it, and no hold or alias is on it";
  return "every promise of it has ended, and no hold or alias is on it";
}

/** Versions that are used, or that one would go back to, stay where they can be read at once. */
function idleReason(
  record: ModelRecord,
  version: VersionRecord,
  { afterDays, to }: { readonly afterDays: number; readonly to: string },
  at: number,
): string | undefined {
  const served = lastServed(record, version.version);
  const last = Math.max(1, ...version.promises.map((promise) => promise.last ?? 0));
  if (version.storage === to || served === Infinity || isAmongLast(record, version, last)) return undefined;
  const idle = (at - Math.max(Date.parse(version.since), served ?? 0)) / day;
  if (!(idle >= afterDays)) return undefined;
  const days = `${Math.floor(idle)} days`;
  return served === undefined ? `registered ${days} ago, and never behind an alias` : `not used for ${days}`;
}
