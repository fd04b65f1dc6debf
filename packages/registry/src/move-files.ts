import { type Digest, ModelkeepError, type Progress } from "@modelkeep/core";

import { archiveOfKey } from "./archives.js";
import { batchOf, placedProposal } from "./proposals.js";
import { condemnedKeys, eachOf } from "./blobs.js";
import { Carrier, type Moving, type Placed, type Target } from "./carrier.js";
import { type Context, plain, writer } from "./context.js";
import { openVersion } from "./envelope.js";
import type { Placement } from "./entry.js";
import { takeLease } from "./lease.js";
import { append, hint, type Proposal } from "./log.js";
import type { ModelRecord, VersionRecord } from "./record.js";

/** Why files are moved, and who is told how far it is. */
export interface MoveOptions {
  readonly reason?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** In bytes. */
  readonly progress?: ((progress: Progress) => void) | undefined;
}

/** An archive by its name, or a storage class that the store has. */
export function targetOf({ store, archives }: Pick<Context, "store" | "archives">, to: string): Target {
  if (archives?.has(to) === true) return { archive: to };
  if (store.supports.storageClasses?.includes(to) === true) return { storageClass: to };
  const known = [...(archives?.keys() ?? []), ...(store.supports.storageClasses ?? [])].join(", ");
  throw new ModelkeepError(
    "not_found",
    `[${store.name}] ${JSON.stringify(to)} is neither an archive that is open nor a storage class of the store; there are: ${known || "none"}`,
    { details: { to } },
  );
}

/**
 * Moves the files of a version: puts them again under new keys, reads them back, names the new places in the history, looks
 * once more whether they are there, and only then gives the old places up. What is cut off is gone on with by the next call.
 * `also` are changes that belong to the same entry as the last step.
 */
export async function moveFiles(
  context: Context,
  record: ModelRecord,
  version: VersionRecord,
  target: Target,
  { reason, signal, progress }: MoveOptions = {},
  also: readonly Omit<Proposal, "placement">[] = [],
): Promise<ModelRecord> {
  const actor = writer(context);
  const carrier = await Carrier.to(context, target, signal);
  const envelope = await openVersion(context, record.name, version, signal);
  const payloads = new Map<Digest, Placed>(
    envelope.manifest.payloads.map(({ digest, path }) => [digest, envelope.payload(path) as Placed] as const),
  );
  const lease = await takeLease(context, [...payloads.keys()]);
  try {
    const condemned = await condemnedKeys(context.store);
    let done = 0;
    const moving = await eachOf([...payloads], 4, async ([digest, payload]): Promise<Moving> => {
      const before = version.placement.get(digest) ?? [];
      const key = (await carrier.alreadyThere(payload, before, condemned)) ?? (await carrier.send(payload, before));
      progress?.({ done: (done += payload.size) });
      return { payload, before: before.filter((each) => each !== key), key };
    });
    const keep = () => Object.fromEntries(moving.map(({ payload, key }) => [payload.digest, [key]])) as Placement;
    let after = record;
    do
      ({ record: after } = await append(
        context,
        after,
        actor,
        (now) => (placed(now, version.version, moving) ? undefined : placedProposal(version.version, keep())),
        signal,
      ));
    while (await carrier.sendAgain(moving));

    const storage = target.archive ?? target.storageClass ?? null;
    const change = plain({ version: version.version, storage, reason });
    const changes = [...also, { kind: "moved", critical: true, change }];
    ({ record: after } = await append(
      context,
      after,
      actor,
      (now) => {
        if (!placed(now, version.version, moving))
          throw new ModelkeepError("conflict", `${now.name}@${version.version}: somebody else is moving its files too`);
        const { placement } = living(now, version.version);
        return { ...batchOf(changes), placement: givenUp(placement, moving) };
      },
      signal,
    ));
    context.logs.keep(after);
    await hint(context, record.name);
    return after;
  } finally {
    await lease.release();
  }
}

function placed(record: ModelRecord, version: number, moving: readonly Moving[]): boolean {
  const places = living(record, version).placement;
  return moving.every(({ payload, key }) => places.get(payload.digest)?.includes(key) === true);
}

/** Places that are still named, and not needed any more. */
function givenUp(placement: VersionRecord["placement"], moving: readonly Moving[]): Placement {
  const given = moving.flatMap(({ payload, before, key }) => {
    const left = before.filter((each) => each !== key && placement.get(payload.digest)?.includes(each) === true);
    return left.length === 0 ? [] : [[payload.digest, left] as const];
  });
  return Object.fromEntries(given) as Placement;
}

function living(record: ModelRecord, version: number): VersionRecord {
  const found = record.versions.get(version);
  if (found === undefined || found.status === "deleted")
    throw new ModelkeepError("conflict", `${record.name}@${version} was deleted meanwhile`);
  return found;
}

/** Whether all files of a version lie where the target says. */
export function isThere(version: VersionRecord, { archive, storageClass }: Target): boolean {
  if (version.storage !== (archive ?? storageClass)) return false;
  return version.payloads.every(
    ({ digest }) => version.placement.get(digest)?.every((key) => archiveOfKey(key) === archive) === true,
  );
}
