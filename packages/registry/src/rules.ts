import { isJsonObject, type JsonObject } from "@modelkeep/core";

import { type Entry } from "./entry.js";
import type { Draft, FoldOptions } from "./fold.js";
import { aliasRules } from "./rules/aliases.js";
import { attestationRules } from "./rules/attestations.js";
import { keyRules } from "./rules/keys.js";
import { keepingRules, noteRoutesLeft } from "./rules/keeping.js";
import { nameRules } from "./rules/names.js";
import { policyRules } from "./rules/policies.js";
import { reviewRules } from "./rules/reviews.js";
import { routeRules } from "./rules/routes.js";
import { type Rules, VoidChange } from "./rules/rule.js";
import { versionRules } from "./rules/versions.js";

const batchRules: Rules = {
  batch(draft, change, entry, options) {
    if (!Array.isArray(change["changes"])) throw new VoidChange("has no list of changes");
    for (const part of change["changes"]) {
      const { kind, change: inner } = isJsonObject(part) ? part : {};
      if (typeof kind !== "string" || kind === "batch" || !isJsonObject(inner))
        throw new VoidChange("has a bad change");
      applyKind(draft, kind, inner, entry, options);
    }
  },
};

const rules: Rules = {
  ...batchRules,
  ...versionRules,
  ...aliasRules,
  ...routeRules,
  ...keyRules,
  ...nameRules,
  ...policyRules,
  ...reviewRules,
  ...attestationRules,
  ...keepingRules,
};

export const knownKinds: ReadonlySet<string> = new Set(Object.keys(rules));

/** Applies one entry's change to the draft, or throws a `VoidChange` that says which rule forbids it. */
export function applyChange(draft: Draft, entry: Entry, options: FoldOptions): void {
  applyKind(draft, entry.body.kind, entry.body.change, entry, options);
}

function applyKind(draft: Draft, kind: string, change: JsonObject, entry: Entry, options: FoldOptions): void {
  if (draft.renamedTo !== undefined) throw new VoidChange(`the model goes on as ${JSON.stringify(draft.renamedTo)}`);
  if (draft.deletion !== undefined) throw new VoidChange("the model is deleted");
  const routes = draft.routes.size === 0 ? undefined : [...draft.routes.values()];
  rules[kind]!(draft, change, entry, options);
  if (routes !== undefined) noteRoutesLeft(draft, routes, entry);
}
