import type { RetentionPolicy } from "@modelkeep/registry";

import { counted } from "./output.js";

/** A policy in words. */
export function describePolicy({ keep = {}, archive, delete: remove }: RetentionPolicy): string {
  const { years, last, aliased } = keep;
  const kept = [
    ...(years === undefined ? [] : [`every version for ${counted(years, "year")}`]),
    ...(last === undefined ? [] : [`the newest ${last}`]),
    ...(aliased === undefined
      ? []
      : [
          `what was ever behind ${aliased.aliases?.join(" or ") ?? "an alias"} for ${counted(aliased.years, "year")} after it left`,
        ]),
  ];
  return [
    kept.length === 0 ? "keeps nothing by itself" : `keeps ${kept.join(", ")}`,
    ...(archive === undefined
      ? []
      : [`moves to ${archive.to} what nothing used for ${counted(archive.afterDays, "day")}`]),
    remove === undefined ? "deletes nothing" : "deletes the rest",
  ].join("; ");
}
