import { checkAlias, type JsonObject } from "@modelkeep/core";

import type { Entry, EntryBody } from "../entry.js";
import type { Draft } from "../fold.js";
import { isListed, personText, samePerson } from "../person.js";
import { agreementsNeeded, readPolicy, type ReadPolicy } from "../policy.js";
import type { PolicyProposal, PolicyRecord } from "../record.js";
import { optionalText, type Rules, valid, VoidChange } from "./rule.js";

/**
 * The policies that hold aliases. The first one of an alias is in force at once; whatever comes after it is a proposal
 * until as many others agree to it as the policy that is in force says.
 */
export const policyRules: Rules = {
  policy(draft, change, entry) {
    const alias = valid(() => checkAlias(change["alias"] as string));
    const held = draft.policies.get(alias);
    if (held !== undefined) judgeable(held);
    const proposal = proposalOf(change, entry);
    if (held === undefined && proposal.policy === null)
      throw new VoidChange(`the alias "${alias}" is held by no policy`);
    if (held === undefined || agreementsNeeded(held.policy) === 0) {
      enforce(draft, alias, proposal, entry.body);
      return;
    }
    if (held.proposals.some(({ id }) => id === proposal.id))
      throw new VoidChange(`proposes more than one policy for "${alias}"`);
    draft.policies.set(alias, { ...held, proposals: [...held.proposals, proposal] });
  },

  policy_agreed(draft, change, { body }) {
    const { held, proposal } = proposed(draft, change);
    const { approvers } = held.policy.change ?? {};
    if (samePerson(proposal.actor, body.actor))
      throw new VoidChange(`${body.actor.name} proposed it: others must agree to it`);
    if (approvers !== undefined && !isListed(body.actor, approvers))
      throw new VoidChange(`${personText(body.actor)} is not one of ${approvers.join(", ")}, who may agree to it`);
    if (proposal.agreed.some((actor) => samePerson(actor, body.actor)))
      throw new VoidChange(`${body.actor.name} agrees to it already`);
    const agreed = { ...proposal, agreed: [...proposal.agreed, body.actor] };
    if (agreed.agreed.length >= agreementsNeeded(held.policy)) enforce(draft, held.alias, agreed, body);
    else replace(draft, held, proposal, agreed);
  },

  policy_withdrawn(draft, change, { body }) {
    const { held, proposal } = proposed(draft, change);
    if (samePerson(proposal.actor, body.actor)) {
      replace(draft, held, proposal, undefined);
      return;
    }
    const others = proposal.agreed.filter((actor) => !samePerson(actor, body.actor));
    if (others.length === proposal.agreed.length)
      throw new VoidChange(`${body.actor.name} neither proposed it nor agreed to it`);
    replace(draft, held, proposal, { ...proposal, agreed: others });
  },
};

function proposalOf(change: JsonObject, { body, digest }: Entry): PolicyProposal {
  const { policy, unknown } = change["policy"] === null ? { policy: null, unknown: [] } : policyIn(change);
  const reason = optionalText(change["reason"], "reason");
  return { id: digest, policy, unknown, reason, time: body.time, actor: body.actor, agreed: [] };
}

function policyIn(change: JsonObject): ReadPolicy {
  return valid(() => readPolicy(change["policy"]));
}

function proposed(
  draft: Draft,
  change: JsonObject,
): { readonly held: PolicyRecord; readonly proposal: PolicyProposal } {
  const alias = valid(() => checkAlias(change["alias"] as string));
  const held = draft.policies.get(alias);
  const proposal = held?.proposals.find(({ id }) => id === change["proposal"]);
  if (held === undefined || proposal === undefined)
    throw new VoidChange(`no such change of the policy of "${alias}" is proposed`);
  judgeable(held);
  return { held, proposal };
}

/** Who must agree may depend on what this reader does not know. */
function judgeable({ alias, unknown }: PolicyRecord): void {
  if (unknown.length > 0)
    throw new VoidChange(`this version of Modelkeep cannot judge ${unknown.join(", ")} in the policy of "${alias}"`);
}

/** Other proposals were made to replace what was in force until now: they are dropped with it. */
function enforce(draft: Draft, alias: string, { policy, unknown, reason }: PolicyProposal, body: EntryBody): void {
  if (policy === null) {
    draft.policies.delete(alias);
    return;
  }
  const { time, actor, number } = body;
  draft.policies.set(alias, { alias, policy, unknown, reason, time, actor, entry: number, proposals: [] });
  if (unknown.length > 0)
    draft.readOnly ??= `The policy of "${alias}" asks for ${unknown.join(", ")}, which this version of Modelkeep does not know: install a newer one`;
}

function replace(draft: Draft, held: PolicyRecord, proposal: PolicyProposal, by: PolicyProposal | undefined): void {
  const proposals = held.proposals.flatMap((each) => (each.id === proposal.id ? (by ?? []) : each));
  draft.policies.set(held.alias, { ...held, proposals });
}
