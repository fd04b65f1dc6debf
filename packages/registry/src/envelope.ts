import {
  type Envelope,
  envelopeOf,
  type ModelkeepError,
  type Payload,
  type PayloadFacts,
  type StoredObject,
  verifiedPayload,
} from "@modelkeep/core";

import { attestationFilesOf } from "./attested.js";
import { encodingOfKey } from "./blobs.js";
import type { Context } from "./context.js";
import { deletedError } from "./deletion.js";
import { firstThere, readDocument } from "./read-document.js";
import type { VersionRecord } from "./record.js";

const manifestLimit = 16 << 20;

type Stores = Pick<Context, "store" | "archives">;

/**
 * The envelope of a version: its manifest, read and judged, and its payloads, verified as they are read. Of a deleted version
 * the manifest is left; payloads whose bytes are gone are `deleted`.
 */
export async function openVersion(
  context: Stores,
  name: string,
  version: VersionRecord,
  signal?: AbortSignal,
): Promise<Required<Envelope>> {
  const what = `The manifest of ${name}@${version.version}`;
  const bytes = await readDocument(context, version, version.manifest, { what, most: manifestLimit, signal });
  const { parseManifest } = await import("@modelkeep/core/manifest");
  const manifest = parseManifest(bytes);
  const payloads = new Map<string, Payload>();
  for (const facts of manifest.payloads) {
    const { encoding: _, ...plainFacts } = facts;
    const keys = version.placement.get(facts.digest) ?? [];
    const gone = version.status === "deleted" ? deletedError(name, version) : undefined;
    payloads.set(facts.path, placedPayload(context, plainFacts, keys, gone));
  }
  return {
    ...envelopeOf(manifest, bytes, version.manifest, (path) => payloads.get(path)),
    attestations: () => attestationFilesOf(context, name, version, signal),
  };
}

/** A payload under any of its keys, the newest first. A key says how it keeps the bytes: not all need keep them alike. */
function placedPayload(
  context: Stores,
  facts: Omit<PayloadFacts, "encoding">,
  keys: readonly string[],
  gone: ModelkeepError | undefined,
): Payload {
  const find = async (places: readonly string[]): Promise<StoredObject | undefined> => {
    const found = await firstThere(context, places);
    if (found === undefined && gone !== undefined) throw gone;
    return found;
  };
  const ways = [...new Set(keys.toReversed().map(encodingOfKey))].map((encoding) => {
    const alike = keys.filter((key) => encodingOfKey(key) === encoding);
    const open = () => find(alike);
    return { alike, payload: verifiedPayload(encoding === undefined ? facts : { ...facts, encoding }, open) };
  });
  const [newest = { payload: verifiedPayload(facts, () => find(keys)) }, ...others] = ways;
  if (others.length === 0) return newest.payload;
  const there = async (): Promise<Payload> => {
    for (const { alike, payload } of ways) if ((await firstThere(context, alike)) !== undefined) return payload;
    return newest.payload;
  };
  const { path, role, mediaType, size, digest } = facts;
  return {
    path,
    role,
    mediaType,
    size,
    digest,
    bytes: async (options) => (await there()).bytes(options),
    buffer: async (options) => (await there()).buffer(options),
    range: async (start, end, options) => (await there()).range(start, end, options),
    async *stream(options) {
      yield* (await there()).stream(options);
    },
  };
}
