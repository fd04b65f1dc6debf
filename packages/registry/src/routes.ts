import { ModelkeepError, parseReference } from "@modelkeep/core";

import { change, type Context, existing, plain } from "./context.js";
import { type ModelRecord, type RoutePart, routeBuckets } from "./record.js";
import { select, selectText } from "./resolve.js";
import { divideBuckets } from "./route-buckets.js";
import { type RouteView, routeView } from "./route-view.js";
import { type VersionView, viewVersion } from "./show.js";
import { ulid } from "./ulid.js";

/** A version that answers a part of the requests, or, as a shadow, predicts too without its answer being given. */
export type RouteInput =
  | { readonly version: number | string; readonly weight: number; readonly shadow?: undefined }
  | { readonly version: number | string; readonly shadow: true; readonly weight?: undefined };

/** How a route divides callers, and why it is made. */
export interface RouteOptions {
  /** What the keys of callers are hashed with. Default: that of the route before, so that keys stay where they are; a new one for a new route. */
  readonly salt?: string | undefined;
  readonly reason?: string | undefined;
  /** Where a policy holds the alias: gives a version its part although the policy forbids it, if it allows that to the actor. Needs a reason. */
  readonly override?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What a reference stands for at one moment, with the route of its alias and every version that takes part. */
export interface Standing {
  readonly name: string;
  /** Absent where the reference names no alias. */
  readonly alias?: string | undefined;
  readonly version: VersionView;
  readonly route?: RouteView | undefined;
  /** By number: the version, and those of the route. */
  readonly versions: ReadonlyMap<number, VersionView>;
}

/** Divides the requests to an alias; null gives all of them to the version that it points at. */
export async function setRoute(
  context: Context,
  name: string,
  alias: string,
  inputs: readonly RouteInput[] | null,
  { salt, reason, override, signal }: RouteOptions = {},
): Promise<RouteView | undefined> {
  if (inputs !== null) checkWeights(inputs);
  const fresh = ulid(context.clock());
  const record = await change(
    context,
    name,
    (record) => {
      if (inputs === null) return { kind: "route", critical: true, change: plain({ alias, parts: null, reason }) };
      const before = record.routes.get(alias);
      const number = ({ version }: RouteInput) => selectText(record, version).version;
      const shares = inputs.flatMap((each) =>
        each.shadow === true ? [] : [{ version: number(each), weight: each.weight }],
      );
      const chosen = inputs.map(number);
      const twice = chosen.find((version, at) => chosen.indexOf(version) !== at);
      if (twice !== undefined) throw misuse(`names version ${twice} twice`);
      const shadows = inputs.flatMap((each) => (each.shadow === true ? [number(each)] : []));
      const parts = divideBuckets(shares, before?.parts ?? wholly(record, alias));
      const action = override === true && record.policies.has(alias) ? "override" : undefined;
      const used = salt ?? before?.salt ?? fresh;
      return { kind: "route", critical: true, change: plain({ alias, salt: used, parts, shadows, action, reason }) };
    },
    { signal },
  );
  return routeView(record, alias);
}

/** What a reference stands for, its route included, all of one moment. */
export async function standing(context: Context, reference: string, signal?: AbortSignal): Promise<Standing> {
  const { name, selector } = parseReference(reference);
  const record = await existing(context, name, signal);
  const version = select(record, selector);
  const alias = aliasOf(record, selector?.kind === "name" ? selector.name : selector === undefined ? "production" : "");
  const route = alias === undefined ? undefined : routeView(record, alias);
  const numbers = new Set([
    version.version,
    ...(route?.parts.map((part) => part.version) ?? []),
    ...(route?.shadows ?? []),
  ]);
  return {
    name: record.name,
    ...(alias !== undefined && { alias }),
    version: viewVersion(record, version),
    ...(route && { route }),
    versions: new Map([...numbers].map((number) => [number, viewVersion(record, record.versions.get(number)!)])),
  };
}

function aliasOf(record: ModelRecord, name: string): string | undefined {
  return record.aliases.get(name)?.version === undefined ? undefined : name;
}

/** Where there is no route yet, everything goes to the version that the alias points at. */
function wholly(record: ModelRecord, alias: string): readonly RoutePart[] {
  const version = record.aliases.get(alias)?.version;
  return version === undefined ? [] : [{ version, from: 0, to: routeBuckets }];
}

function checkWeights(inputs: readonly RouteInput[]): void {
  const weights = inputs.flatMap((each) => (each.shadow === true ? [] : [each.weight]));
  if (weights.length === 0) throw misuse("has no version with a weight");
  const bad = weights.find((weight) => !(weight > 0 && Number.isFinite(weight)));
  if (bad !== undefined)
    throw misuse(
      `has the weight ${String(bad)}: a weight is a number above 0; leave a version out, or make it a shadow`,
    );
  if (weights.length > 100) throw misuse(`divides the requests among ${weights.length} versions: at most 100`);
}

function misuse(message: string): ModelkeepError {
  return new ModelkeepError("invalid_input", `The route ${message}`);
}
