import { parsePublicKey, type PrivateKey } from "@modelkeep/attest";
import { ModelkeepError } from "@modelkeep/core";

import { type ChangeOptions, change, type Context, existing, plain } from "./context.js";
import type { Actor } from "./entry.js";
import type { Proposal } from "./log.js";
import type { ModelRecord, Signer, SignerProposal } from "./record.js";

/** Somebody whose key is to sign entries. */
export interface NewSigner {
  readonly name: string;
  readonly email?: string | undefined;
  /** The public key in PEM. */
  readonly key: string;
  /** Whether this key may change who signs. */
  readonly admin?: boolean | undefined;
}

/** The first signers of a model. */
export interface NewRing {
  readonly add: readonly NewSigner[];
  /** How many administrators must agree to a change of the signers. Default 1. */
  readonly quorum?: number | undefined;
}

/** Whose keys are added to the signers of a model, and whose removed. */
export interface RingChange extends ChangeOptions {
  readonly add?: readonly NewSigner[] | undefined;
  /** Ids of keys, whole or shortened to what is unique. */
  readonly remove?: readonly string[] | undefined;
  readonly quorum?: number | undefined;
  readonly reason?: string | undefined;
}

/** Who signs the entries of a model. */
export interface RingView {
  readonly signers: readonly Signer[];
  readonly quorum: number;
  readonly proposals: readonly SignerProposal[];
}

/** What became of a change of the signers. */
export interface RingChanged {
  /** In force, or proposed: then other administrators must agree to it. */
  readonly state: "in_force" | "proposed";
  readonly proposal?: string | undefined;
  /** How many still must. */
  readonly missing?: number | undefined;
}

/** Whose keys sign the entries of a model. Every reader judges them: where there are signers, an entry that none has signed is void. */
export class Signers {
  readonly #context: Context;

  constructor(context: Context) {
    this.#context = context;
  }

  /** `undefined` where entries need not be signed. */
  async show(name: string, { signal }: ChangeOptions = {}): Promise<RingView | undefined> {
    const { ring } = await existing(this.#context, name, signal);
    return ring && { ...ring, signers: [...ring.signers.values()] };
  }

  /**
   * Adds and removes keys. Of a model without signers the first change makes its entries count only if signed: it must add
   * the caller's own key as an administrator. Later changes need an administrator, or as many as the quorum says.
   */
  async change(name: string, { add = [], remove = [], quorum, reason, signal }: RingChange): Promise<RingChanged> {
    const ring: NewRing = { add, quorum };
    const own = ownSigner(ring, this.#context.entryKey);
    return this.#apply(
      name,
      (record) =>
        ringProposal(
          ring,
          remove.map((id) => findKey(record, id)),
          reason,
        ),
      signal,
      own,
    );
  }

  /** Entries need not be signed any more, once the quorum agrees. */
  off(
    name: string,
    { reason, signal }: ChangeOptions & { readonly reason?: string | undefined } = {},
  ): Promise<RingChanged> {
    return this.#apply(name, () => ({ kind: "keys", critical: true, change: plain({ off: true, reason }) }), signal);
  }

  /** Agrees to a change that another administrator proposed. */
  async agree(name: string, proposal?: string, { signal }: ChangeOptions = {}): Promise<RingChanged> {
    let id = "";
    const record = await change(
      this.#context,
      name,
      (record) => {
        ({ id } = findProposal(record, proposal));
        return { kind: "keys_agreed", critical: true, change: { proposal: id } };
      },
      { signal },
    );
    return changedRing(record, id);
  }

  /** Takes back one's own proposal, or that one agrees to another's. */
  async disagree(name: string, proposal?: string, { signal }: ChangeOptions = {}): Promise<void> {
    await change(
      this.#context,
      name,
      (record) => ({ kind: "keys_withdrawn", critical: true, change: { proposal: findProposal(record, proposal).id } }),
      { signal },
    );
  }

  async #apply(
    name: string,
    propose: (record: ModelRecord) => Proposal,
    signal: AbortSignal | undefined,
    actor: Actor | undefined = this.#context.actor,
  ): Promise<RingChanged> {
    const before = new Set<string>();
    const record = await change(
      { ...this.#context, actor },
      name,
      (record) => {
        before.clear();
        for (const { id } of record.ring?.proposals ?? []) before.add(id);
        return propose(record);
      },
      { signal },
    );
    const made = record.ring?.proposals.find(({ id }) => !before.has(id));
    return made === undefined ? { state: "in_force" } : changedRing(record, made.id);
  }
}

/** For whom the client's own key is in a ring. */
export function ownSigner(ring: NewRing | undefined, entryKey: PrivateKey | undefined): Actor | undefined {
  if (ring === undefined || entryKey === undefined) return undefined;
  const own = ring.add.find(({ key }) => parsePublicKey(key).keyId === entryKey.keyId);
  return own && { name: own.name, ...(own.email !== undefined && { email: own.email }) };
}

/** The entry that changes who signs. */
export function ringProposal({ add, quorum }: NewRing, remove: readonly string[] = [], reason?: string): Proposal {
  const added = add.map(({ name, email, key, admin }) => plain({ name, email, key: parsePublicKey(key).pem, admin }));
  return {
    kind: "keys",
    critical: true,
    change: plain({
      add: added.length === 0 ? undefined : added,
      remove: remove.length === 0 ? undefined : [...remove],
      quorum,
      reason,
    }),
  };
}

function changedRing({ ring }: ModelRecord, id: string): RingChanged {
  const open = ring?.proposals.find((each) => each.id === id);
  if (ring === undefined || open === undefined) return { state: "in_force" };
  return { state: "proposed", proposal: id, missing: Math.max(0, ring.quorum - 1 - open.agreed.length) };
}

function findKey(record: ModelRecord, id: string): string {
  return single(record, [...(record.ring?.signers.keys() ?? [])], id, "key");
}

function findProposal(record: ModelRecord, text: string | undefined): SignerProposal {
  const proposals = record.ring?.proposals ?? [];
  const ids = proposals.map(({ id }) => id);
  const id = single(
    record,
    ids,
    text?.startsWith("sha256:") === false ? `sha256:${text}` : text,
    "proposed change of the keys",
  );
  return proposals.find((each) => each.id === id)!;
}

function single(record: ModelRecord, ids: readonly string[], text: string | undefined, what: string): string {
  const found = ids.filter((id) => text === undefined || id.startsWith(text));
  if (found.length === 1) return found[0]!;
  const which = text === undefined ? "" : ` that begins with ${JSON.stringify(text)}`;
  throw new ModelkeepError(
    found.length === 0 ? "not_found" : "invalid_input",
    `${record.name} has ${found.length === 0 ? "no" : found.length} ${what}${which}${found.length === 0 ? "" : ": say which"}`,
    { details: { name: record.name } },
  );
}
