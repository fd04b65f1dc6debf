import {
  collect,
  digestOf,
  type Digest,
  type Envelope,
  envelopeOf,
  ModelkeepError,
  type Payload,
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
    const keys = version.placement.get(facts.digest) ?? [];
    // The key says how the bytes are kept; the newest place that still is there is taken.
    const encoding = encodingOfKey(keys.at(-1) ?? "");
    const same = keys.filter((key) => encodingOfKey(key) === encoding);
    const { encoding: _, ...plainFacts } = facts;
    const kept = encoding === undefined ? plainFacts : { ...plainFacts, encoding };
    payloads.set(
      facts.path,
      verifiedPayload(kept, () => firstThere(context, same)),
    );
  }
  return envelopeOf(manifest, bytes, version.manifest, (path) => payloads.get(path));
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
