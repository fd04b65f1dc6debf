import type { Actor } from "./entry.js";
import { type ModelRecord, type RoutePart, routeBuckets, type RouteRecord } from "./record.js";

/** How the requests to an alias are divided among versions: plain values. */
export interface RouteView {
  readonly name: string;
  readonly alias: string;
  /** The version that the alias points at. */
  readonly primary: number;
  /** Shares of the requests; together 1. */
  readonly shares: readonly { readonly version: number; readonly share: number }[];
  readonly shadows: readonly number[];
  /** Buckets `from` to before `to` of 10,000, in order. */
  readonly parts: readonly RoutePart[];
  readonly salt: string;
  readonly time: string;
  readonly actor: Actor;
  readonly reason?: string | undefined;
  /** Number of the entry in the model's history. */
  readonly entry: number;
}

export function routeView(record: ModelRecord, alias: string): RouteView | undefined {
  const route = record.routes.get(alias);
  const primary = record.aliases.get(alias)?.version;
  return route && primary !== undefined ? viewRoute(record.name, primary, route) : undefined;
}

function viewRoute(name: string, primary: number, route: RouteRecord): RouteView {
  const buckets = new Map<number, number>();
  for (const { version, from, to } of route.parts) buckets.set(version, (buckets.get(version) ?? 0) + to - from);
  const { alias, shadows, parts, salt, time, actor, reason, entry } = route;
  const shares = [...buckets].map(([version, count]) => ({ version, share: count / routeBuckets }));
  return {
    name,
    alias,
    primary,
    shares,
    shadows,
    parts,
    salt,
    time,
    actor,
    ...(reason !== undefined && { reason }),
    entry,
  };
}
