import {
  collect,
  digestOf,
  type Digest,
  type Envelope,
  envelopeOf,
  ModelkeepError,
  type Payload,
  type PayloadFacts,
  type StoredObject,
  verifiedPayload,
} from "@modelkeep/core";

import { encodingOfKey } from "./blobs.js";
import type { Context } from "./context.js";
import type { VersionRecord } from "./record.js";

const manifestLimit = 16 << 20;

/** The envelope of a version: its manifest, read and judged, and its payloads, verified as they are read. */
export async function openVersion(
  context: Pick<Context, "store">,
  name: string,
  version: VersionRecord,
  signal?: AbortSignal,
): Promise<Envelope> {
  const bytes = await readManifest(context, name, version, signal);
  const { parseManifest } = await import("@modelkeep/core/manifest");
  const manifest = parseManifest(bytes);
  const payloads = new Map<string, Payload>();
  for (const facts of manifest.payloads) {
    const { encoding: _, ...plainFacts } = facts;
    const keys = version.placement.get(facts.digest) ?? [];
    payloads.set(facts.path, placedPayload(context, plainFacts, keys));
  }
  return envelopeOf(manifest, bytes, version.manifest, (path) => payloads.get(path));
}

/** A payload under any of its keys, the newest first. A key says how it keeps the bytes: not all need keep them alike. */
function placedPayload(
  context: Pick<Context, "store">,
  facts: Omit<PayloadFacts, "encoding">,
  keys: readonly string[],
): Payload {
  const ways = [...new Set(keys.toReversed().map(encodingOfKey))].map((encoding) => {
    const alike = keys.filter((key) => encodingOfKey(key) === encoding);
    const open = () => firstThere(context, alike);
    return { open, payload: verifiedPayload(encoding === undefined ? facts : { ...facts, encoding }, open) };
  });
  const [newest = { payload: verifiedPayload(facts, () => firstThere(context, keys)) }, ...others] = ways;
  if (others.length === 0) return newest.payload;
  const there = async (): Promise<Payload> => {
    for (const { open, payload } of ways) if ((await open()) !== undefined) return payload;
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

async function readManifest(
  context: Pick<Context, "store">,
  name: string,
  version: VersionRecord,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const object = await firstThere(context, version.placement.get(version.manifest) ?? []);
  const what = `The manifest of ${name}@${version.version}`;
  if (object === undefined) throw new ModelkeepError("not_found", `${what} is missing from the store`);
  if (object.info.size > manifestLimit)
    throw new ModelkeepError("limit_exceeded", `${what} has more than ${manifestLimit} bytes`);
  const bytes = await collect(object.stream(signal === undefined ? {} : { signal }));
  checkDigest(what, digestOf(bytes), version.manifest);
  return bytes;
}

function checkDigest(what: string, found: Digest, expected: Digest): void {
  if (found !== expected)
    throw new ModelkeepError("digest_mismatch", `${what} is ${found}, not ${expected}: its bytes were changed`, {
      details: { found, expected },
    });
}

async function firstThere(
  { store }: Pick<Context, "store">,
  keys: readonly string[],
): Promise<StoredObject | undefined> {
  for (const key of keys.toReversed()) {
    const object = await store.get(key);
    if (object !== undefined) return object;
  }
  return undefined;
}
