import { contentDigest, isModelkeepError, type Progress, verifyPayload } from "@modelkeep/core";

import { checkAttested } from "./attested.js";
import { placeOf } from "./archives.js";
import { encodingOfKey } from "./blobs.js";
import type { Context } from "./context.js";
import { openVersion } from "./envelope.js";
import { modelsPrefix, nameKey, namesPrefix } from "./keys.js";
import { readRecord } from "./log.js";
import { modelNames } from "./models.js";
import { readReservation } from "./names.js";
import type { ModelRecord, VersionRecord, VoidEntry } from "./record.js";
import { readRoot } from "./root.js";
import { summaryFaults } from "./summary.js";

/** How thoroughly `check` looks. */
export interface CheckOptions {
  /** Reads every byte and compares its digest; otherwise presence and size are checked. */
  readonly full?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** In versions. */
  readonly progress?: ((progress: Progress) => void) | undefined;
}

/** Something that is missing, changed or out of order. */
export interface Problem {
  /** The model, version or key. */
  readonly where: string;
  readonly code: string;
  readonly message: string;
}

/** What `check` went through and found. */
export interface CheckReport {
  /** No problem was found. */
  readonly ok: boolean;
  readonly problems: readonly Problem[];
  readonly models: number;
  readonly versions: number;
  readonly payloads: number;
  readonly bytes: number;
  /** Payloads that lie in an archive and could not be read now: no fault. */
  readonly archived: number;
  /** Entries that have no effect: no fault of the store. */
  readonly voids: readonly (VoidEntry & { readonly model: string })[];
}

/**
 * Whether the store is whole, every version has its data, every log is whole, and every name is reserved. Changes nothing. Where
 * a listing breaks off, that is a fault, and the rest is looked at all the same.
 */
export async function check(context: Context, options: CheckOptions = {}): Promise<CheckReport> {
  const { store } = context;
  const problems: Problem[] = [];
  const voids: (VoidEntry & { model: string })[] = [];
  const totals = { models: 0, versions: 0, payloads: 0, bytes: 0, archived: 0 };
  const seen = new Set<string>();
  const attempt = async (where: string, work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      if (!isModelkeepError(error) || error.code === "aborted") throw error;
      problems.push({ where, code: error.code, message: error.message });
    }
  };

  await attempt("store", async () => {
    for (const message of (await store.faults?.({ signal: options.signal })) ?? [])
      problems.push({ where: "store", code: "malformed", message: `[${store.name}] ${message}` });
  });
  await attempt("registry.json", async () => {
    if ((await readRoot(store)) === undefined)
      problems.push({ where: "registry.json", code: "not_found", message: "The store has no registry.json" });
  });
  const listed = new Set<string>();
  await attempt(modelsPrefix, async () => {
    for await (const name of modelNames(store, options.signal)) listed.add(name);
  });
  const names = new Set(listed);
  await attempt(namesPrefix, async () => {
    for await (const { key } of store.list(namesPrefix, { signal: options.signal }))
      await attempt(key, async () => {
        const reservation = await readReservation(store, key);
        if (reservation !== undefined) names.add(reservation.name);
      });
  });
  for (const name of names) {
    if (listed.has(name)) totals.models++;
    await attempt(name, async () => {
      const record = await readRecord(context, name, undefined, options.signal, { pins: context.logs.pins });
      if (!listed.has(name) && record.length > 0) totals.models++;
      voids.push(...record.voids.map((each) => ({ ...each, model: name })));
      await attempt(`names/${name}`, async () => {
        if (record.length > 0 && (await readReservation(store, nameKey(name)))?.name !== name)
          problems.push({
            where: name,
            code: "not_found",
            message: `The name ${JSON.stringify(name)} is not reserved`,
          });
      });
      // Its versions are looked at under its newest name.
      const newer = record.renamedTo === undefined ? undefined : await context.logs.glimpse(record.renamedTo);
      if (newer?.formerNames.includes(name) === true) return;
      for (const version of record.versions.values()) {
        if (version.status === "deleted") {
          // The tombstone: its manifest must be there and be the one that was registered.
          await attempt(`${name}@${version.version}`, async () => void (await openVersion(context, name, version)));
          continue;
        }
        totals.versions++;
        await attempt(`${name}@${version.version}`, () => checkVersion(record, version));
        options.progress?.({ done: totals.versions });
      }
    });
  }
  return { ok: problems.length === 0, problems, ...totals, voids };

  async function checkVersion(record: ModelRecord, version: VersionRecord): Promise<void> {
    const { full, signal } = options;
    const where = `${record.name}@${version.version}`;
    const fault = (code: string, message: string) => problems.push({ where, code, message });
    const envelope = await openVersion(context, record.name, version, signal);
    const { manifest } = envelope;
    if (contentDigest(manifest.payloads) !== version.content || manifest.content !== version.content)
      fault("digest_mismatch", `The log says that the content is ${version.content}, the manifest ${manifest.content}`);
    const lies = summaryFaults(manifest, version);
    if (lies.length > 0)
      fault("summary_mismatch", `The log does not say what the manifest says of: ${lies.join(", ")}`);
    for (const attestation of version.attestations)
      await attempt(`${where} attestation ${attestation.keyId.slice(0, 16)}`, () =>
        checkAttested(context, { record, version, envelope }, attestation, signal),
      );
    for (const { path, digest, size } of manifest.payloads) {
      if (seen.has(`${digest} ${version.placement.get(digest)?.join()}`)) continue;
      seen.add(`${digest} ${version.placement.get(digest)?.join()}`);
      totals.payloads++;
      totals.bytes += size;
      if (full === true) {
        await attempt(`${where} ${path}`, async () => {
          try {
            await verifyPayload(envelope.payload(path)!, { signal });
          } catch (error) {
            if (!isModelkeepError(error, "archived")) throw error;
            totals.archived++;
          }
        });
        continue;
      }
      const places = (version.placement.get(digest) ?? []).map((key) => placeOf(context, key));
      const infos = await Promise.all(places.map(async (place) => place && (await place.store.head(place.key))));
      const there = infos.filter((info) => info !== undefined);
      if (there.length === 0 && places.includes(undefined)) totals.archived++;
      else if (there.length === 0) fault("not_found", `The bytes of ${JSON.stringify(path)} (${digest}) are missing`);
      for (const info of there)
        if (encodingOfKey(info.key) === undefined && info.size !== size)
          fault("size_mismatch", `${info.key} has ${info.size} bytes, not ${size}`);
    }
  }
}
