import type { Actor } from "./entry.js";
import type { FilterValue } from "./filter.js";
import { statuses, type VersionRecord } from "./record.js";

/** What every version has, in the order of the columns; 0 where there is none. Times are numbers if they come back as they were. */
export interface ModelColumns {
  readonly status: number;
  readonly registered: number;
  readonly created: string | number;
  readonly author: Actor | 0;
  readonly labels: readonly string[] | 0;
  readonly description: string | 0;
  readonly codecs: readonly string[];
  readonly flavors: readonly string[] | 0;
  readonly size: number;
  readonly verified: boolean | 0;
}

export type Family = "metrics" | "parameters" | "tags";

/** Their order. */
export const fixed = [
  "status",
  "registered",
  "created",
  "author",
  "labels",
  "description",
  "codecs",
  "flavors",
  "size",
  "verified",
] as const satisfies readonly (keyof ModelColumns)[];

/** What each version has by names of its own. */
export const families: readonly Family[] = ["metrics", "parameters", "tags"];

export function valuesOf({
  status,
  registered,
  labels,
  description,
  summary,
  verifications,
}: VersionRecord): ModelColumns {
  const flavors = [...new Set(summary.representations.flatMap((each) => each.flavor ?? []))];
  const time = Date.parse(summary.created);
  const exact = !Number.isNaN(time) && new Date(time).toISOString() === summary.created;
  return {
    status: statuses.indexOf(status),
    registered: Date.parse(registered),
    created: exact ? time : summary.created,
    author: summary.author ?? 0,
    labels: labels.length === 0 ? 0 : labels,
    description: description ?? 0,
    codecs: [...new Set(summary.representations.map((each) => each.codec))],
    flavors: flavors.length === 0 ? 0 : flavors,
    size: summary.size,
    verified: verifications.at(-1)?.ok ?? 0,
  };
}

export function familyOf({ summary, tags }: VersionRecord, family: Family): Readonly<Record<string, FilterValue>> {
  return family === "tags" ? tags : summary[family];
}
