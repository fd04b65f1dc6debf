import { chmod, lstat, mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";

import type { Payload, ReadOptions } from "../codec.js";
import { compareCodePoints } from "../code-points.js";
import { digestOf } from "../digest.js";
import { type AttestationFile, type Envelope, envelopeOf } from "../envelope.js";
import { ModelkeepError, throwIfAborted } from "../errors.js";
import { attestationLimit, chunkThreshold, manifestLimit } from "../limits.js";
import { openPackage, type OpenPackageOptions, type PackageEnvelope } from "../package-reader.js";
import { packEnvelope, type PackOptions } from "../package-writer.js";
import { checkPath } from "../path.js";
import { keptBytes, verifiedPayload } from "../verified-payload.js";
import { partialOf, removeOtherPartials } from "./abandoned.js";
import { fileObject } from "./file-object.js";
import { folderSources } from "./file-payloads.js";
import { hashedBehind } from "./hashed-behind.js";
import { type NewFileOptions, syncFolder, writeFully, writeNewFile } from "./new-file.js";

const attestationFolder = "attestations/";

/** How a package is written, and what it may replace. */
export interface WritePackageOptions extends Omit<PackOptions, "read">, NewFileOptions {}

/**
 * Writes an envelope as a package, whole or not at all. Large payloads are hashed in a thread while they are copied.
 * @throws `already_exists` where there is a file and `overwrite` is not set
 */
export async function writePackageFile(
  path: string,
  envelope: Envelope,
  { overwrite = false, ...options }: WritePackageOptions = {},
): Promise<void> {
  await writeNewFile(path, packEnvelope(envelope, { ...options, read: readBehind }), { overwrite });
}

/**
 * Opens a package on the disk: the manifest is read and checked now, payloads are verified as they are read.
 * @throws `not_found`, `malformed`, `truncated`, `invalid_manifest`, and `digest_mismatch` where it is not the one that
 * `digest` names
 */
export async function openPackageFile(path: string, options: OpenPackageOptions = {}): Promise<PackageEnvelope> {
  return openPackage(await fileObject(path), options);
}

/**
 * The files of an envelope in a new folder: all of them, verified, or none.
 * @throws `already_exists` where the folder is there, `digest_mismatch` or `size_mismatch` where a file is not the one of the manifest
 */
export async function unpackEnvelope(envelope: Envelope, folder: string, options: ReadOptions = {}): Promise<void> {
  await checkNew(folder);
  const partial = partialOf(folder);
  await mkdir(partial, { mode: 0o700 });
  try {
    await removeOtherPartials(folder, partial);
    const total = envelope.manifest.payloads.reduce((sum, entry) => sum + entry.size, 0);
    let done = 0;
    await writeIn(partial, "manifest.json", one(envelope.manifestBytes));
    for (const { path, size } of envelope.manifest.payloads) {
      const payload = envelope.payload(path);
      if (payload === undefined)
        throw new ModelkeepError("not_found", `The envelope lacks the payload ${JSON.stringify(path)}`);
      const before = done;
      const progress = (each: { done: number }) => options.progress?.({ done: before + each.done, total });
      await writeIn(partial, path, readBehind(payload, { ...options, progress }));
      done += size;
    }
    for (const { path, bytes } of (await envelope.attestations?.()) ?? []) {
      if (!path.startsWith(attestationFolder))
        throw new TypeError(`An attestation lies below "${attestationFolder}", not at ${path}`);
      await writeIn(partial, path, one(bytes));
    }
    throwIfAborted(options.signal);
    await chmod(partial, 0o777 & ~process.umask());
    await rename(partial, folder);
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    if (["ENOTEMPTY", "EEXIST", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? ""))
      throw alreadyThere(folder, error);
    throw error;
  }
  await syncFolder(dirname(folder));
}

/** Unpacks a package into a new folder: all of it, verified, or nothing. */
export async function unpackPackage(
  path: string,
  folder: string,
  options: OpenPackageOptions = {},
): Promise<PackageEnvelope> {
  const envelope = await openPackageFile(path, options);
  await unpackEnvelope(envelope, folder, options);
  return envelope;
}

/** What a folder must be to be opened as an envelope. */
export interface OpenFolderOptions {
  /** Refuses a folder that holds anything else than the manifest, its payloads and attestations, as a package would be. */
  readonly exact?: boolean;
}

/**
 * An envelope over an unpacked folder: `manifest.json` and its payloads, verified when they are read.
 * @throws `not_found`, `invalid_manifest`, `malformed`; `digest_mismatch` or `size_mismatch` when a file is read that was changed
 */
export async function openEnvelopeFolder(
  folder: string,
  { exact = false }: OpenFolderOptions = {},
): Promise<PackageEnvelope> {
  const bytes = await readSmallFile(join(folder, "manifest.json"), manifestLimit);
  const { parseManifest } = await import("../manifest.js");
  const manifest = parseManifest(bytes);
  const payloads = new Map(
    manifest.payloads.map((facts) => [
      facts.path,
      verifiedPayload({ ...facts, encoding: undefined }, () => fileObject(join(folder, checkPath(facts.path)))),
    ]),
  );
  if (exact) await checkNothingElse(folder, new Set(["manifest.json", ...payloads.keys()]));
  return {
    ...envelopeOf(manifest, bytes, digestOf(bytes), (path) => payloads.get(path)),
    attestations: () => attestationsIn(folder),
  };
}

async function checkNothingElse(folder: string, files: ReadonlySet<string>): Promise<void> {
  const stray = (await folderSources(folder)).find(
    ({ path }) => !files.has(path) && !path.startsWith(attestationFolder),
  );
  if (stray !== undefined)
    throw new ModelkeepError(
      "malformed",
      `${folder} has the file ${JSON.stringify(stray.path)}, which its manifest does not know`,
      {
        details: { path: stray.path },
      },
    );
}

async function attestationsIn(folder: string): Promise<AttestationFile[]> {
  const names = await readdir(join(folder, attestationFolder)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  return Promise.all(
    names.toSorted(compareCodePoints).map(async (name) => ({
      path: `${attestationFolder}${name}`,
      bytes: await readSmallFile(join(folder, attestationFolder, name), attestationLimit),
    })),
  );
}

async function readSmallFile(path: string, most: number): Promise<Uint8Array> {
  const file = await fileObject(path);
  if (file.info.size > most) throw new ModelkeepError("limit_exceeded", `${path} has more than ${most} bytes`);
  const bytes = new Uint8Array(file.info.size);
  await file.readInto(bytes);
  return bytes;
}

/** What is written is only kept if everything is right: so large payloads may be hashed behind the copying. */
function readBehind(payload: Payload, options: ReadOptions): AsyncIterable<Uint8Array> {
  const kept = keptBytes(payload);
  if (kept === undefined || kept.facts.encoding !== undefined || payload.size < chunkThreshold)
    return payload.stream(options);
  return hashedBehind(kept, options);
}

async function writeIn(folder: string, path: string, pieces: AsyncIterable<Uint8Array>): Promise<void> {
  const target = join(folder, checkPath(path));
  await mkdir(dirname(target), { recursive: true });
  const handle = await open(target, "wx");
  try {
    for await (const bytes of pieces) await writeFully(handle, bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** An empty folder may be replaced; anything else may not. */
async function checkNew(folder: string): Promise<void> {
  const stat = await lstat(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (stat !== undefined && !(stat.isDirectory() && (await readdir(folder)).length === 0)) throw alreadyThere(folder);
}

function alreadyThere(folder: string, cause?: unknown): ModelkeepError {
  return new ModelkeepError("already_exists", `${folder} exists already: name a new folder`, { cause });
}

async function* one(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
