import { checkAlias, type Digest, type JsonObject } from "@modelkeep/core";

import type { Actor, Entry, Placement } from "../entry.js";
import type { Draft } from "../fold.js";
import { isListed } from "../person.js";
import type { Deletion, Hold, RouteRecord, VersionRecord } from "../record.js";
import { checkPolicy } from "../retention-policy.js";
import { type KeepReason, reasonsToKeep } from "../retention-reasons.js";
import { optionalText, type Rules, strings, update, valid, versionIn, VoidChange } from "./rule.js";

/** How long versions are kept, what stops their deletion, where their files go, and how they end. */
export const keepingRules: Rules = {
  /** What was promised of a version stays promised: a new policy only adds. */
  retention(draft, change) {
    const policy = change["policy"] === null ? undefined : valid(() => checkPolicy(change["policy"]));
    draft.retention = policy;
    const keep = policy?.keep;
    if (keep === undefined) return;
    for (const [number, version] of draft.versions)
      if (version.status !== "deleted")
        draft.versions.set(number, { ...version, promises: [...version.promises, keep] });
  },

  held(draft, change, { body }) {
    const name = valid(() => checkAlias(change["hold"] as string, "hold"));
    const reason = optionalText(change["reason"], "reason");
    if (reason === undefined || reason.trim() === "") throw new VoidChange("a hold says why");
    const releasers = strings(change["releasers"] ?? [], "releasers");
    const hold: Hold = { name, reason, time: body.time, actor: body.actor, releasers };
    setHolds(draft, change, (holds) => {
      if (holds.some((each) => each.name === name)) throw new VoidChange(`there is a hold "${name}" already`);
      return [...holds, hold];
    });
  },

  released(draft, change, { body }) {
    const name = change["hold"];
    setHolds(draft, change, (holds) => {
      const hold = holds.find((each) => each.name === name);
      if (hold === undefined) throw new VoidChange(`there is no hold ${JSON.stringify(name)}`);
      if (!mayRelease(hold, body.actor))
        throw new VoidChange(
          `the hold "${hold.name}" is released by ${[hold.actor.name, ...hold.releasers].join(" or ")}, not by ${body.actor.name}`,
        );
      return holds.filter((each) => each !== hold);
    });
  },

  /** Gives places up. Bytes that have no other place keep theirs. */
  moved(draft, change, { body, placement }) {
    const record = versionIn(draft, change["version"]);
    if (record.status === "deleted") throw new VoidChange(`version ${record.version} is deleted`);
    const storage = change["storage"] === null ? undefined : optionalText(change["storage"], "storage");
    update(draft, record.version, () => ({
      storage,
      ...withoutPlaces(record, placement, body.storeTime ?? body.time),
    }));
  },

  model_deleted(draft, change, entry) {
    const reason = deletionReason(optionalText(change["reason"], "reason"));
    const hold = draft.holds[0];
    if (hold !== undefined) throw new VoidChange(`the hold "${hold.name}" is on the model (${hold.reason})`);
    // That the newest so many are kept says which versions of a model go first, not that a model never goes.
    for (const version of draft.versions.values())
      if (version.status !== "deleted") requireDeletable(draft, version, entry, "last");
    const deletion = deletionBy(entry, reason);
    for (const [number, version] of draft.versions)
      if (version.status !== "deleted") draft.versions.set(number, { ...version, status: "deleted", reason, deletion });
    draft.deletion = deletion;
  },
};

/** What a route gave a part of the requests was live, as what an alias pointed at: it is kept from when that ended. */
export function noteRoutesLeft(draft: Draft, before: readonly RouteRecord[], { body }: Entry): void {
  for (const route of before)
    if (draft.routes.get(route.alias) !== route)
      for (const { version } of route.parts)
        update(draft, version, ({ routed }) => ({
          routed: new Map([...routed, [route.alias, body.storeTime ?? body.time]]),
        }));
}

/** Leaves the tombstone of a version: its number, labels, manifest and history. */
export function deleteVersion(draft: Draft, record: VersionRecord, given: string | undefined, entry: Entry): void {
  const reason = deletionReason(given);
  requireDeletable(draft, record, entry);
  update(draft, record.version, () => ({ status: "deleted", reason, deletion: deletionBy(entry, reason) }));
}

/**
 * A deletion is judged at the time of the store's own clock: what the writer saw there, but no later than when the entry was
 * written by that clock. Neither his clock nor what he claims brings the end of a promise nearer.
 */
function requireDeletable(
  draft: Draft,
  record: VersionRecord,
  { body, written }: Entry,
  except?: KeepReason["rule"],
): void {
  if (body.storeTime === undefined)
    throw new VoidChange("it does not say what time it was by the store's clock, and a deletion must");
  const at = Math.min(Date.parse(body.storeTime), written?.getTime() ?? Infinity);
  const reason = reasonsToKeep(draft, record, at).find(({ rule }) => rule !== except);
  if (reason !== undefined) throw new VoidChange(`version ${record.version} cannot be deleted: ${reason.text}`);
}

function deletionBy({ body: { time, storeTime, actor } }: Entry, reason: string): Deletion {
  return { time, ...(storeTime !== undefined && { storeTime }), actor, reason };
}

function deletionReason(reason: string | undefined): string {
  if (reason === undefined || reason.trim() === "") throw new VoidChange("a deletion says why");
  return reason;
}

function setHolds(draft: Draft, change: JsonObject, apply: (holds: readonly Hold[]) => Hold[]): void {
  if (change["version"] === undefined) {
    draft.holds = apply(draft.holds);
    return;
  }
  const { status, version } = versionIn(draft, change["version"]);
  if (status === "deleted") throw new VoidChange(`version ${version} is deleted`);
  update(draft, version, ({ holds }) => ({ holds: apply(holds) }));
}

function mayRelease({ actor, releasers }: Hold, who: Actor): boolean {
  const placedIt = actor.name === who.name && actor.email === who.email;
  return placedIt || releasers.includes("*") || isListed(who, releasers);
}

function withoutPlaces(
  record: VersionRecord,
  placement: Placement,
  time: string,
): Pick<VersionRecord, "placement" | "former"> {
  const [places, former] = [new Map(record.placement), new Map(record.former)];
  for (const [digest, keys] of Object.entries(placement) as [Digest, readonly string[]][]) {
    const left = (places.get(digest) ?? []).filter((key) => !keys.includes(key));
    if (left.length === 0) throw new VoidChange(`the bytes of ${digest} would have no place left`);
    places.set(digest, left);
    former.set(digest, [...(former.get(digest) ?? []), ...keys.map((key) => ({ key, time }))]);
  }
  return { placement: places, former };
}
