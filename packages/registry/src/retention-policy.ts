import { checkAlias, isJsonObject, type JsonObject } from "@modelkeep/core";

/** What is promised of each version: as long as one of these holds for it, nobody can delete it. */
export interface KeepRules {
  /** For so many years after it was registered. */
  readonly years?: number | undefined;
  /** While it is one of the newest so many that are not deleted. */
  readonly last?: number | undefined;
  /** For so many years after it was last behind an alias: behind any, or behind one of those named. */
  readonly aliased?: { readonly years: number; readonly aliases?: readonly string[] | undefined } | undefined;
}

/** What becomes of a model's versions with time. */
export interface RetentionPolicy {
  readonly keep?: KeepRules | undefined;
  /** Files of versions that nothing used for so many days go to a storage class of the store, or to an archive, by its name. */
  readonly archive?: { readonly afterDays: number; readonly to: string } | undefined;
  /** "rest": what no promise keeps may be deleted. Without it nothing is. */
  readonly delete?: "rest" | undefined;
}

/** A policy as it was given, or a `TypeError` that says what is wrong with it. */
export function checkPolicy(value: unknown): RetentionPolicy {
  if (!isJsonObject(value)) throw new TypeError("A retention policy is an object with keep, archive and delete");
  const { keep, archive, delete: remove } = value;
  known(value, ["keep", "archive", "delete"]);
  if (remove !== undefined && remove !== "rest")
    throw new TypeError(`delete is "rest" or left out, not ${JSON.stringify(remove)}`);
  return {
    ...(keep !== undefined && { keep: checkKeep(keep) }),
    ...(archive !== undefined && { archive: checkArchive(archive) }),
    ...(remove !== undefined && { delete: remove }),
  };
}

function checkKeep(value: unknown): KeepRules {
  if (!isJsonObject(value)) throw new TypeError("keep is an object with years, last and aliased");
  const { years, last, aliased } = value;
  known(value, ["years", "last", "aliased"]);
  if (last !== undefined && !(Number.isSafeInteger(last) && (last as number) > 0))
    throw new TypeError(`keep.last is a whole number from 1 on, not ${JSON.stringify(last)}`);
  return {
    ...(years !== undefined && { years: checkAmount(years, "keep.years", 1000) }),
    ...(last !== undefined && { last: last as number }),
    ...(aliased !== undefined && { aliased: checkAliased(aliased) }),
  };
}

function checkAliased(value: unknown): NonNullable<KeepRules["aliased"]> {
  if (!isJsonObject(value)) throw new TypeError("keep.aliased is an object with years and, if not for any, aliases");
  const { years, aliases } = value;
  known(value, ["years", "aliases"]);
  if (aliases !== undefined && !(Array.isArray(aliases) && aliases.length > 0))
    throw new TypeError("keep.aliased.aliases is a list of names, or left out for any alias");
  return {
    years: checkAmount(years, "keep.aliased.years", 1000),
    ...(aliases !== undefined && { aliases: aliases.map((alias) => checkAlias(alias as string)) }),
  };
}

function checkArchive(value: unknown): NonNullable<RetentionPolicy["archive"]> {
  if (!isJsonObject(value)) throw new TypeError("archive is an object with afterDays and to");
  const { afterDays, to } = value;
  known(value, ["afterDays", "to"]);
  if (typeof to !== "string" || to === "")
    throw new TypeError("archive.to is a storage class or the name of an archive");
  return { afterDays: checkAmount(afterDays, "archive.afterDays", 366_000, 0), to };
}

function checkAmount(value: unknown, what: string, most: number, least = 1 / 366): number {
  if (typeof value !== "number" || !(value >= least && value <= most))
    throw new TypeError(`${what} is a number up to ${most}, not ${JSON.stringify(value)}`);
  return value;
}

/** A field that nobody knows might be a promise: it is refused, not passed over. */
function known(value: JsonObject, fields: readonly string[]): void {
  const unknown = Object.keys(value).find((field) => !fields.includes(field));
  if (unknown !== undefined) throw new TypeError(`A retention policy has no ${JSON.stringify(unknown)}`);
}
