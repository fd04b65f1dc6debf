import { isJsonObject, isModelkeepError, type JsonObject } from "@modelkeep/core";

import { type Entry } from "../entry.js";
import type { Draft } from "../fold.js";
import { People, personText, samePerson } from "../person.js";
import type { Signer, SignerChange, SignerProposal, SignerRing } from "../record.js";
import { publicKey, signatureFault } from "../signed-entries.js";
import { optionalText, type Rules, strings, VoidChange } from "./rule.js";

/** Whose keys sign the entries of a model. From the entry on that says so for the first time, only signed ones count. */
export const keyRules: Rules = {
  keys(draft, change, entry) {
    const wanted = readChange(draft, change, entry);
    if (wanted === undefined) return;
    if (draft.ring === undefined) {
      draft.ring = firstRing(wanted, entry);
      return;
    }
    const ring = administered(draft, entry);
    const next = changed(ring, wanted);
    if (ring.quorum === 1) {
      draft.ring = next;
      return;
    }
    if (ring.proposals.some(({ id }) => id === entry.digest))
      throw new VoidChange("proposes more than one change of keys");
    const reason = optionalText(change["reason"], "reason");
    const { time, actor } = entry.body;
    const proposal = { id: entry.digest, change: wanted, reason, time, actor, agreed: [] };
    draft.ring = { ...ring, proposals: [...ring.proposals, proposal] };
  },

  keys_agreed(draft, change, entry) {
    const { body } = entry;
    const ring = administered(draft, entry);
    const proposal = proposed(ring, change);
    if ([proposal.actor, ...proposal.agreed].some((actor) => samePerson(actor, body.actor)))
      throw new VoidChange(`${body.actor.name} proposed it or agrees to it already: other administrators must agree`);
    const agreed = [...proposal.agreed, body.actor];
    if (agreed.length + 1 >= ring.quorum) draft.ring = changed(ring, proposal.change);
    else draft.ring = withProposals(ring, proposal, [{ ...proposal, agreed }]);
  },

  keys_withdrawn(draft, change, entry) {
    const { body } = entry;
    const ring = administered(draft, entry);
    const proposal = proposed(ring, change);
    if (samePerson(proposal.actor, body.actor)) {
      draft.ring = withProposals(ring, proposal, []);
      return;
    }
    const agreed = proposal.agreed.filter((actor) => !samePerson(actor, body.actor));
    if (agreed.length === proposal.agreed.length)
      throw new VoidChange(`${body.actor.name} neither proposed it nor agrees to it`);
    draft.ring = withProposals(ring, proposal, [{ ...proposal, agreed }]);
  },
};

/** Whoever begins shows that they hold the key of an administrator: nobody locks a model for good by mistake. */
function firstRing(wanted: SignerChange, entry: Entry): SignerRing {
  if (wanted.off || wanted.remove.length > 0) throw new VoidChange("there are no keys yet that could be removed");
  const ring = ringOf(new Map(wanted.add.map((signer) => [signer.keyId, signer])), wanted.quorum ?? 1);
  const fault = signatureFault(ring, entry);
  if (fault !== undefined) throw new VoidChange(fault);
  if (!isAdmin(ring, entry)) throw new VoidChange("it must be signed by an administrator among those it adds");
  return ring;
}

/** `undefined`: from now on entries need not be signed. */
function changed(ring: SignerRing, { add, remove, quorum, off }: SignerChange): SignerRing | undefined {
  if (off) return undefined;
  const signers = new Map(ring.signers);
  for (const keyId of remove)
    if (!signers.delete(keyId)) throw new VoidChange(`there is no key ${keyId} that could be removed`);
  for (const signer of add) {
    if (ring.signers.has(signer.keyId)) throw new VoidChange(`the key ${signer.keyId} is there already`);
    signers.set(signer.keyId, signer);
  }
  return ringOf(signers, quorum ?? ring.quorum);
}

function ringOf(signers: ReadonlyMap<string, Signer>, quorum: number): SignerRing {
  const admins = [...signers.values()].filter(({ admin }) => admin).map(({ actor }) => actor);
  const people = new People(admins);
  const count = new Set(admins.map((actor) => people.id(actor))).size;
  if (count < quorum)
    throw new VoidChange(`of ${count} administrators ${quorum} could not agree: there must be as many as the quorum`);
  return { signers, quorum, proposals: [] };
}

/** The ring, where the entry's key may change it. That the key has signed it has been judged before. */
function administered({ ring }: Draft, entry: Entry): SignerRing {
  if (ring === undefined) throw new VoidChange("there are no keys");
  if (!isAdmin(ring, entry)) throw new VoidChange(`${personText(entry.body.actor)} is no administrator of the keys`);
  return ring;
}

function isAdmin({ signers }: SignerRing, { signed }: Entry): boolean {
  return signed !== undefined && signers.get(signed.keyId)?.admin === true;
}

function proposed(ring: SignerRing, change: JsonObject): SignerProposal {
  const proposal = ring.proposals.find(({ id }) => id === change["proposal"]);
  if (proposal === undefined) throw new VoidChange("no such change of the keys is proposed");
  return proposal;
}

function withProposals(ring: SignerRing, old: SignerProposal, by: readonly SignerProposal[]): SignerRing {
  return { ...ring, proposals: ring.proposals.flatMap((each) => (each.id === old.id ? by : each)) };
}

const changeFields = new Set(["add", "remove", "quorum", "off", "reason"]);
const signerFields = new Set(["name", "email", "key", "admin"]);

/** `undefined` where it asks for what this reader does not know: no key of it counts here, and the model is read-only. */
function readChange(draft: Draft, change: JsonObject, entry: Entry): SignerChange | undefined {
  const { add = [], remove = [], quorum, off = false } = change;
  if (!Array.isArray(add) || !add.every(isJsonObject)) throw new VoidChange('has no list of keys as "add"');
  if (typeof off !== "boolean") throw new VoidChange('has no true or false as "off"');
  if (quorum !== undefined && !(Number.isSafeInteger(quorum) && (quorum as number) >= 1 && (quorum as number) <= 100))
    throw new VoidChange("has no quorum from 1 to 100");
  optionalText(change["reason"], "reason");
  const unknown = [
    ...Object.keys(change).filter((field) => !changeFields.has(field)),
    ...add.flatMap((each) => Object.keys(each).filter((field) => !signerFields.has(field))),
  ];
  const signers = add.map(signerOf);
  const removed = strings(remove, "remove");
  if (new Set(signers.map(({ keyId }) => keyId)).size < signers.length) throw new VoidChange("adds a key twice");
  if (off && (signers.length > 0 || removed.length > 0 || quorum !== undefined))
    throw new VoidChange("turns the keys off and changes them");
  if (!off && signers.length === 0 && removed.length === 0 && quorum === undefined)
    throw new VoidChange("changes no keys");
  if (unknown.length > 0) {
    if (draft.ring !== undefined) administered(draft, entry);
    draft.readOnly ??= `Entry ${entry.body.number} says ${unknown.join(", ")} of keys, which this version of Modelkeep does not know: install a newer one`;
    return undefined;
  }
  return { add: signers, remove: removed, quorum: quorum as number | undefined, off };
}

function signerOf({ name, email, key, admin = false }: JsonObject): Signer {
  if (typeof name !== "string" || name.trim() === "" || typeof key !== "string" || typeof admin !== "boolean")
    throw new VoidChange("adds a key without a name, a public key in PEM, or a yes or no for administrators");
  const address = optionalText(email, "email");
  try {
    const { keyId, pem } = publicKey(key);
    return { keyId, key: pem, actor: { name, ...(address !== undefined && { email: address }) }, admin };
  } catch (error) {
    if (!isModelkeepError(error, "unusable_key")) throw error;
    throw new VoidChange(`adds an unusable key: ${error.message}`);
  }
}
