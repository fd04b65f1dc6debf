import { crc32 } from "#zlib";

import type { DecodeOptions, Payload } from "./codec.js";
import { type Digest, digestOf } from "./digest.js";
import { collect } from "./memory-payload.js";
import { decoded } from "./encoding.js";
import { type Envelope, envelopeOf } from "./envelope.js";
import { ModelkeepError } from "./errors.js";
import { attestationLimit, manifestLimit } from "./limits.js";
import type { StoredObject } from "./store.js";
import { storedSlice } from "./stored-bytes.js";
import { verifiedPayload } from "./verified-payload.js";
import { dataOffset, type DirectoryEntry, malformed, readAt, readDirectory } from "./zip-directory.js";
import * as zip from "./zip-format.js";

/** What a package must be to be opened. */
export interface OpenPackageOptions extends DecodeOptions {
  /** What the manifest's digest must be: `digest_mismatch` otherwise. */
  readonly digest?: Digest;
}

/** An envelope from a package: its digest and attestations are always known. */
export type PackageEnvelope = Required<Envelope>;

/**
 * Opens a package over ranges: the directory and the manifest are read and judged, payloads when they are asked for,
 * verified. `limits.bytes` bounds what all files have unpacked (default: 200 times the package's size, and 64 MiB),
 * `limits.items` their number (default 200,000). Payloads are held to their
 * digests, everything else to its CRC.
 * @throws `malformed` or `truncated` where it is no package, `invalid_manifest`, `digest_mismatch` where it is not the one that `digest` names
 */
export async function openPackage(source: StoredObject, options: OpenPackageOptions = {}): Promise<PackageEnvelope> {
  const { limits = {} } = options;
  const directory = await readDirectory(source, { bytes: 64 << 20, items: limits.items ?? 200_000 });
  checkTotal(directory, limits.bytes ?? source.info.size * 200 + (64 << 20));
  const entries = new Map(directory.filter((each) => !each.path.endsWith("/")).map((each) => [each.path, each]));
  const first = entries.get("manifest.json");
  if (first === undefined) throw malformed("has no manifest.json: it is a ZIP file, but not one of a model");
  const manifestBytes = await readSmall(source, first, manifestLimit);
  const digest = digestOf(manifestBytes);
  if (options.digest !== undefined && options.digest !== digest) {
    throw new ModelkeepError("digest_mismatch", `The package's manifest is ${digest}, not ${options.digest}`, {
      details: { expected: options.digest, found: digest },
    });
  }
  const { parseManifest } = await import("./manifest.js");
  const manifest = parseManifest(manifestBytes);

  const payloads = new Map<string, Payload>();
  for (const facts of manifest.payloads) {
    const entry = entries.get(facts.path);
    if (entry === undefined) throw malformed(`lacks the payload ${JSON.stringify(facts.path)}`);
    if (entry.size !== facts.size) {
      throw new ModelkeepError(
        "size_mismatch",
        `The package has ${entry.size} bytes for ${JSON.stringify(facts.path)}, its manifest says ${facts.size}`,
      );
    }
    const encoding = entry.method === zip.method.deflated ? ("deflate" as const) : undefined;
    payloads.set(
      facts.path,
      verifiedPayload(
        { ...facts, encoding },
        lazily(() => openEntry(source, entry)),
      ),
    );
  }
  const attestations = [...entries.values()].filter((entry) => entry.path.startsWith("attestations/"));
  for (const path of entries.keys()) {
    if (path !== "manifest.json" && !payloads.has(path) && !path.startsWith("attestations/"))
      throw malformed(`has the file ${JSON.stringify(path)}, which its manifest does not know`);
  }
  return {
    ...envelopeOf(manifest, manifestBytes, digest, (path) => payloads.get(path)),
    attestations: () =>
      Promise.all(
        attestations.map(async (entry) => ({
          path: entry.path,
          bytes: await readSmall(source, entry, attestationLimit),
        })),
      ),
  };
}

function checkTotal(directory: readonly DirectoryEntry[], most: number): void {
  const total = directory.reduce((sum, entry) => sum + entry.size, 0);
  if (total > most) {
    throw new ModelkeepError(
      "limit_exceeded",
      `The package unpacks to ${total} bytes, more than ${most}: if you trust it, open it with a higher limits.bytes`,
    );
  }
}

async function openEntry(source: StoredObject, entry: DirectoryEntry): Promise<StoredObject> {
  return storedSlice(source, await dataOffset(source, entry), entry.compressedSize);
}

async function readSmall(source: StoredObject, entry: DirectoryEntry, most: number): Promise<Uint8Array> {
  if (entry.size > most || entry.compressedSize > most) {
    throw new ModelkeepError(
      "limit_exceeded",
      `${JSON.stringify(entry.path)} in the package has more than ${most} bytes`,
    );
  }
  const data = await openEntry(source, entry);
  const stored = entry.method === zip.method.stored;
  const bytes = stored
    ? await readAt(data, 0, entry.size)
    : await collect(decoded(data.stream(), "deflate", entry.size));
  if (crc32(bytes) !== entry.crc)
    throw malformed(`has other bytes for ${JSON.stringify(entry.path)} than were packed: they were damaged`);
  return bytes;
}

/** Opens once and keeps it; a failure is not kept. */
function lazily<T>(open: () => Promise<T>): () => Promise<T> {
  let opened: Promise<T> | undefined;
  return () => {
    opened ??= open().catch((error: unknown) => {
      opened = undefined;
      throw error;
    });
    return opened;
  };
}
