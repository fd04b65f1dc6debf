import { bucketOf, type RouteView, type Standing, versionOfBucket } from "@modelkeep/registry";

import type { RouteTaken } from "./record.js";
import type { ServedVersion } from "./served-version.js";

/** What a server answers with at one moment. A request takes the state once, and stays with it. */
export interface ServedState {
  readonly standing: Standing;
  readonly primary: ServedVersion;
  /** By number: those of the route, shadows included. */
  readonly versions: ReadonlyMap<number, ServedVersion>;
  readonly shadows: readonly ServedVersion[];
}

export interface Choice {
  readonly served: ServedVersion;
  readonly taken: RouteTaken | undefined;
}

/** The version that answers: by the key's bucket where there is a route; without a key by chance, or the primary one. */
export function choose(
  { standing, primary, versions }: ServedState,
  key: string | undefined,
  withoutKey: "random" | "primary",
): Choice {
  const { route } = standing;
  if (route === undefined) return { served: primary, taken: undefined };
  const { alias, entry, parts, salt } = route;
  if (key === undefined && withoutKey === "primary") return { served: primary, taken: { alias, entry } };
  const bucket = key === undefined ? undefined : bucketOf(salt, key);
  const served = versions.get(versionOfBucket(parts, bucket ?? Math.floor(Math.random() * 10_000)))!;
  return { served, taken: bucket === undefined ? { alias, entry } : { alias, entry, bucket } };
}

/** Whether nothing has changed that a server has to follow. */
export function sameStanding(a: Standing, b: Standing): boolean {
  return (
    a.name === b.name &&
    a.version.digest === b.version.digest &&
    a.version.version === b.version.version &&
    sameRoute(a.route, b.route)
  );
}

function sameRoute(a: RouteView | undefined, b: RouteView | undefined): boolean {
  return a?.entry === b?.entry && a?.name === b?.name;
}
