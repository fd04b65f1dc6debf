import { checkAlias, type JsonObject } from "@modelkeep/core";

import type { EntryBody } from "../entry.js";
import type { Draft } from "../fold.js";
import { isOwnWork } from "../gate-conditions.js";
import { samePerson } from "../person.js";
import type { Review, VersionRecord } from "../record.js";
import { optionalText, type Rules, update, valid, versionIn, VoidChange } from "./rule.js";

/** What people say of versions. It is of a manifest's digest, so nothing else can be slipped under it. */
export const reviewRules: Rules = {
  approved(draft, change, { body }) {
    const version = reviewed(draft, change);
    if (isOwnWork(version, body.actor))
      throw new VoidChange(
        `version ${version.version} is of ${body.actor.name}: somebody else than its author and who registered it must approve it`,
      );
    addReview(draft, version, reviewOf("approved", change, body));
  },

  disapproved(draft, change, { body }) {
    addReview(draft, reviewed(draft, change), reviewOf("disapproved", change, body));
  },

  withdrawn(draft, change, { body }) {
    const version = reviewed(draft, change);
    if (!version.reviews.some(({ actor }) => samePerson(actor, body.actor)))
      throw new VoidChange(`${body.actor.name} has said nothing of version ${version.version} that could be withdrawn`);
    addReview(draft, version, reviewOf("withdrawn", change, body));
  },
};

function reviewed(draft: Draft, change: JsonObject): VersionRecord {
  const version = versionIn(draft, change["version"]);
  if (change["manifest"] !== version.manifest) throw new VoidChange("is of another manifest than that of the version");
  if (version.status === "deleted") throw new VoidChange(`version ${version.version} is deleted`);
  return version;
}

function aliasOf(change: JsonObject): string | undefined {
  const alias = change["alias"];
  return alias === undefined ? undefined : valid(() => checkAlias(alias as string));
}

function reviewOf(decision: Review["decision"], change: JsonObject, body: EntryBody): Review {
  const reason = optionalText(change["reason"], "reason");
  return { decision, alias: aliasOf(change), reason, time: body.time, actor: body.actor, entry: body.number };
}

function addReview(draft: Draft, version: VersionRecord, review: Review): void {
  update(draft, version.version, () => ({ reviews: [...version.reviews, review] }));
}
