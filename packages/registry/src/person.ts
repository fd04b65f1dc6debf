import { foldName } from "@modelkeep/core";

import type { Actor } from "./entry.js";

/**
 * Whether two actors may be one person: by their e-mail addresses where both have one, else by their names; either
 * without regard to case, compatibility forms and spaces. In doubt it is one person: two must be told apart to count twice.
 */
export function samePerson(a: Actor, b: Actor): boolean {
  if (hasEmail(a) && hasEmail(b)) return folded(a.email) === folded(b.email);
  return folded(a.name) === folded(b.name);
}

/**
 * Tells people apart among actors. Whoever signs once as "Bob", once as "Bob <bob@example.org>" and once as "B. <bob@example.org>"
 * is one person: what may be one, by whatever chain of spellings, is one.
 */
export class People {
  readonly #parents = new Map<string, string>();

  constructor(actors: readonly Actor[]) {
    const byName = new Map<string, string[]>();
    for (const actor of actors)
      if (hasEmail(actor)) byName.set(folded(actor.name), [...(byName.get(folded(actor.name)) ?? []), nodeOf(actor)]);
    for (const actor of actors)
      if (!hasEmail(actor)) for (const node of byName.get(folded(actor.name)) ?? []) this.#join(nodeOf(actor), node);
  }

  /** One text for all spellings of one person, among the actors that were given. */
  id(actor: Actor): string {
    return this.#root(nodeOf(actor));
  }

  #join(a: string, b: string): void {
    const [from, to] = [this.#root(a), this.#root(b)];
    if (from !== to) this.#parents.set(from, to);
  }

  #root(node: string): string {
    let root = node;
    for (let next = this.#parents.get(root); next !== undefined; next = this.#parents.get(root)) root = next;
    return root;
  }
}

function nodeOf(actor: Actor): string {
  return hasEmail(actor) ? `<${folded(actor.email)}>` : folded(actor.name);
}

/** Whether a list of names and e-mail addresses has this actor; of somebody with an address, a name is not taken for one. */
export function isListed(actor: Actor, list: readonly string[]): boolean {
  const email = hasEmail(actor) ? folded(actor.email) : undefined;
  return list
    .map(folded)
    .some((each) => each === email || (each === folded(actor.name) && (email === undefined || !each.includes("@"))));
}

/** "Ada <ada@example.org>" */
export function personText({ name, email }: Actor): string {
  return email === undefined ? name : `${name} <${email}>`;
}

function hasEmail(actor: Actor): actor is Actor & { readonly email: string } {
  return typeof actor.email === "string" && actor.email.trim() !== "";
}

function folded(text: string): string {
  return foldName(text.trim().replace(/\s+/gu, " "));
}
