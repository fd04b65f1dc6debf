import { checkAlias, isJsonObject, type Json } from "@modelkeep/core";

import type { Draft } from "../fold.js";
import { type RoutePart, routeBuckets } from "../record.js";
import { passGate } from "./gates.js";
import { optionalText, type Rules, valid, versionIn, VoidChange } from "./rule.js";

/** How the requests to an alias are divided among versions. */
export const routeRules: Rules = {
  route(draft, change, entry) {
    const { body } = entry;
    const alias = valid(() => checkAlias(change["alias"] as string));
    const primary = draft.aliases.get(alias)?.version;
    if (primary === undefined) throw new VoidChange(`the alias "${alias}" is not set`);
    const reason = optionalText(change["reason"], "reason");
    if (change["parts"] === null) {
      if (!draft.routes.delete(alias)) throw new VoidChange(`the alias "${alias}" has no route`);
      return;
    }
    const salt = change["salt"];
    if (typeof salt !== "string" || salt.length > 200) throw new VoidChange("has no salt");
    const parts = partsOf(draft, change["parts"]);
    if (!parts.some(({ version }) => version === primary))
      throw new VoidChange(`version ${primary}, which the alias "${alias}" points at, has no part of the route`);
    const shadows = shadowsOf(draft, change["shadows"] ?? [], parts);
    // Whoever answers a part of the requests is live. The alias' own version has passed when the alias was moved to it.
    const action = change["action"] === "override" ? "override" : undefined;
    for (const version of new Set(parts.map((part) => part.version)))
      if (version !== primary) passGate(draft, alias, versionIn(draft, version), { action, reason }, entry);
    const { time, actor, number } = body;
    draft.routes.set(alias, { alias, salt, parts, shadows, time, actor, reason, entry: number });
  },
};

/** Every bucket belongs to exactly one version, and the parts stand in order. */
function partsOf(draft: Draft, value: Json | undefined): readonly RoutePart[] {
  if (!Array.isArray(value)) throw new VoidChange("has no list of parts");
  let next = 0;
  const parts = value.map((part): RoutePart => {
    const { version, from, to } = isJsonObject(part) ? part : {};
    if (from !== next || !Number.isInteger(to) || (to as number) <= next)
      throw new VoidChange(`has a part that does not begin at bucket ${next} or is empty`);
    next = to as number;
    return { version: usable(draft, version), from, to: next };
  });
  if (next !== routeBuckets) throw new VoidChange(`divides ${next} buckets, not ${routeBuckets}`);
  return parts;
}

function shadowsOf(draft: Draft, value: Json, parts: readonly RoutePart[]): readonly number[] {
  if (!Array.isArray(value) || value.length > 8) throw new VoidChange("has no list of at most 8 shadows");
  const shadows = value.map((version) => usable(draft, version));
  const taken = new Set(parts.map(({ version }) => version));
  for (const shadow of shadows) {
    if (taken.has(shadow)) throw new VoidChange(`version ${shadow} is named twice`);
    taken.add(shadow);
  }
  return shadows;
}

function usable(draft: Draft, version: Json | undefined): number {
  const record = versionIn(draft, version);
  if (record.status === "deleted" || record.status === "archived")
    throw new VoidChange(`version ${record.version} is ${record.status}`);
  return record.version;
}
