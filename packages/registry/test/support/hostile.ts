import type { PrivateKey } from "@modelkeep/attest";
import type { JsonObject, Store } from "@modelkeep/core";

import { type Actor, type Placement, writeEntry } from "../../src/entry.js";
import { logKey } from "../../src/keys.js";
import { readEntries } from "../../src/log.js";
import { signWith } from "../../src/signed-entries.js";
import { ulid } from "../../src/ulid.js";

export interface DirectChange {
  readonly kind: string;
  readonly change: JsonObject;
  readonly critical?: boolean;
  readonly placement?: Placement;
  /** Signs the entry. */
  readonly key?: PrivateKey;
  readonly time?: string;
}

/** Appends an entry as somebody does who has the store and not the library's manners: no rule is asked, anybody is the actor. */
export async function writeDirectly(
  store: Store,
  model: string,
  actor: Actor | string,
  { kind, change, critical = true, placement = {}, key, time }: DirectChange,
): Promise<number> {
  const entries = await readEntries({ store }, model);
  const last = entries.at(-1);
  const number = entries.length + 1;
  const { bytes } = writeEntry(
    {
      format: "modelkeep.log/1",
      model,
      number,
      id: ulid(new Date()),
      kind,
      critical,
      previous: last?.digest ?? null,
      time: time ?? last?.body.time ?? "2026-03-01T12:00:00.000Z",
      actor: typeof actor === "string" ? { name: actor } : actor,
      change,
    },
    placement,
    key && signWith(key),
  );
  await store.put(logKey(model, number), bytes, { if: "absent" });
  return number;
}
