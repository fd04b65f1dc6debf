import type { KeepRules } from "./retention-policy.js";
import type { AliasRecord, ModelRecord, RouteRecord, VersionRecord } from "./record.js";

/** Why a version cannot be deleted, and until when, where that is known. */
export interface KeepReason {
  readonly rule: "hold" | "alias" | "years" | "last" | "aliased";
  readonly text: string;
  readonly until?: string | undefined;
}

type Judged = Pick<ModelRecord, "versions" | "aliases" | "routes" | "holds">;

/** Everything that keeps a version at a time, in milliseconds. Nothing: it may be deleted. */
export function reasonsToKeep(record: Judged, version: VersionRecord, at: number): KeepReason[] {
  const holds = [...record.holds, ...version.holds].map(({ name, reason }): KeepReason => ({
    rule: "hold",
    text: `the hold "${name}" is on it (${reason})`,
  }));
  const aliases = [...record.aliases.values()]
    .filter((alias) => alias.version === version.version)
    .map((alias): KeepReason => ({ rule: "alias", text: `the alias "${alias.name}" points at it` }));
  const routes = [...record.routes.values()]
    .filter((route) => usesVersion(route, version.version))
    .map((route): KeepReason => ({ rule: "alias", text: `the route of the alias "${route.alias}" uses it` }));
  const promises = [
    latest(version.promises.map((promise) => keptForYears(promise, version))),
    latest(version.promises.map((promise) => keptAsAliased(promise, record, version))),
  ].filter((reason) => reason !== undefined && endOf(reason) > at) as KeepReason[];
  const last = Math.max(0, ...version.promises.map((promise) => promise.last ?? 0));
  if (isAmongLast(record, version, last))
    promises.push({ rule: "last", text: `it is one of the newest ${last} versions` });
  return [...holds, ...aliases, ...routes, ...promises];
}

/** Whether requests to the alias go to the version, or are also made to it. */
export function usesVersion({ parts, shadows }: RouteRecord, version: number): boolean {
  return parts.some((part) => part.version === version) || shadows.includes(version);
}

/** When the version was last behind an alias that `wanted` names; `undefined` if it never was, Infinity if it is now. */
export function lastServed(record: Judged, version: number, wanted?: readonly string[]): number | undefined {
  const asked = (alias: string) => wanted?.includes(alias) ?? true;
  const times = [...record.aliases.values()]
    .filter((alias) => asked(alias.name))
    .flatMap((alias) => timesLeft(alias, version));
  for (const { alias, parts } of record.routes.values())
    if (asked(alias) && parts.some((part) => part.version === version)) times.push(Infinity);
  for (const [alias, time] of record.versions.get(version)?.routed ?? [])
    if (asked(alias)) times.push(Date.parse(time));
  return times.length === 0 ? undefined : Math.max(...times);
}

/** Whether it is one of the newest `count` versions that are not deleted. */
export function isAmongLast({ versions }: Judged, { version }: VersionRecord, count: number): boolean {
  let living = 0;
  for (let at = versions.size; at >= version && living < count; at--) {
    if (versions.get(at)?.status === "deleted") continue;
    if (at === version) return true;
    living++;
  }
  return false;
}

/** By the calendar; what is left of a year is counted in days of a leap year. */
export function addYears(time: number, years: number): number {
  const date = new Date(time);
  date.setUTCFullYear(date.getUTCFullYear() + Math.floor(years));
  return date.getTime() + (years % 1) * 366 * 86_400_000;
}

function keptForYears({ years }: KeepRules, { since }: VersionRecord): KeepReason | undefined {
  if (years === undefined) return undefined;
  const until = timeText(addYears(Date.parse(since), years));
  return { rule: "years", text: `every version is kept for ${counted(years)}: until ${until.slice(0, 10)}`, until };
}

function keptAsAliased({ aliased }: KeepRules, record: Judged, { version }: VersionRecord): KeepReason | undefined {
  const left = aliased && lastServed(record, version, aliased.aliases);
  if (aliased === undefined || left === undefined) return undefined;
  const what = aliased.aliases === undefined ? "an alias" : aliased.aliases.join(" or ");
  const text = `what was ever behind ${what} is kept for ${counted(aliased.years)}`;
  if (left === Infinity) return { rule: "aliased", text: `${text} after it has left` };
  const until = timeText(addYears(left, aliased.years));
  return { rule: "aliased", text: `${text}: until ${until.slice(0, 10)}`, until };
}

function timesLeft({ moves }: AliasRecord, version: number): number[] {
  return moves.flatMap((move, index) => {
    if (move.version !== version) return [];
    const next = moves[index + 1];
    return [next === undefined ? Infinity : Date.parse(next.storeTime ?? next.time)];
  });
}

function latest(reasons: readonly (KeepReason | undefined)[]): KeepReason | undefined {
  const given = reasons.filter((reason) => reason !== undefined);
  return given.toSorted((a, b) => endOf(a) - endOf(b)).at(-1);
}

/** What has no end yet ends last. */
function endOf({ until }: KeepReason): number {
  return until === undefined ? Number.MAX_VALUE : Date.parse(until);
}

/** The last time that has four digits for its year. */
const lastTime = Date.UTC(9999, 11, 31);

function timeText(time: number): string {
  return new Date(Math.min(time, lastTime)).toISOString();
}

function counted(years: number): string {
  return years === 1 ? "a year" : `${years} years`;
}
