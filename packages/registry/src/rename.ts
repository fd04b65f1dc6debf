import { isModelkeepError, ModelkeepError } from "@modelkeep/core";

import { type ChangeOptions, type Context, existing, writer } from "./context.js";
import { type Entry, writeEntry } from "./entry.js";
import { afterEntry, append, hint, readEntries } from "./log.js";
import { logKey } from "./keys.js";
import { findReservation, type Reservation, reserveName } from "./names.js";
import type { ModelRecord } from "./record.js";

/**
 * Gives a model another name. Its log ends with an entry that says so, and the new name's log begins with one that takes
 * its history over; references by the old name are followed. Neither name can be used for anything else again.
 */
export async function rename(
  context: Context,
  name: string,
  to: string,
  { signal }: ChangeOptions = {},
): Promise<ModelRecord> {
  const actor = writer(context);
  const known = await existing(context, name, signal);
  if (known.name === to) return known;
  const mine = (reservation: Reservation): void => {
    if (reservation.renamedFrom !== known.name)
      throw new ModelkeepError("already_exists", `There is already a model ${JSON.stringify(to)}`, {
        details: { name: to },
      });
  };
  const found = await findReservation(context.store, to);
  if (found !== undefined) mine(found);
  const { record } = await append(
    context,
    known,
    actor,
    (record) => (record.renamedTo === to ? undefined : { kind: "renamed", critical: true, change: { to } }),
    signal,
    async () => mine(await reserveName(context.store, { name: to, renamedFrom: known.name })),
  );
  context.logs.keep(record);
  return afterEntry(
    `${known.name} is renamed, but the new name is not complete: whoever reads it next completes it`,
    () => finishRename(context, record),
  );
}

/**
 * Writes the first entry under the new name. Everything in it follows from the last entry under the old one, so whoever
 * comes first may write it: a rename that was cut off is finished by the next reader that may write.
 */
export async function finishRename(context: Context, record: ModelRecord): Promise<ModelRecord> {
  const to = record.renamedTo;
  if (to === undefined)
    throw new ModelkeepError(
      "conflict",
      `A rename of ${JSON.stringify(record.name)} took this name and was cut off: run it again, or choose another name`,
    );
  const known = await context.logs.current(to);
  if (known.length > 0 || context.readOnly !== undefined) return known.length > 0 ? known : record;
  const last = (await readEntries(context, record.name)).findLast((entry) => entry.body.kind === "renamed");
  if (last === undefined) return record;
  try {
    await context.store.put(logKey(to, 1), takeOver(to, record, last), { if: "absent" });
  } catch (error) {
    if (!isModelkeepError(error, "already_exists") && !isModelkeepError(error, "unknown_outcome")) throw error;
  }
  await Promise.all([hint(context, record.name), hint(context, to)]);
  return context.logs.current(to);
}

function takeOver(to: string, record: ModelRecord, { body }: Entry): Uint8Array {
  const { bytes } = writeEntry(
    {
      format: "modelkeep.log/1",
      model: to,
      number: 1,
      id: body.id,
      kind: "renamed_from",
      critical: true,
      previous: null,
      time: body.time,
      actor: body.actor,
      change: { from: record.name, head: record.head, length: record.length },
    },
    {},
  );
  return bytes;
}
