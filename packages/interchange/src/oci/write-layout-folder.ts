import { lstat, mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";

import { createHasher, digestHex, isModelkeepError, ModelkeepError, throwIfAborted } from "@modelkeep/core";
import { fileObject, removeAbandoned, writeNewFile } from "@modelkeep/core/node";

import type { Blob } from "./artifact.js";
import type { ImageIndex } from "./documents.js";
import { indexText, type LayoutWrite, layoutText, tagged } from "./layout-write.js";
import { endTurnsOfTheGone, inTurn, isLeftOver } from "./layout-turns.js";
import { openLayout } from "./layout.js";
import { annotationKeys } from "./media-types.js";

/**
 * Adds an artifact to a layout in a folder, new or there already: blobs first, each whole or not at all, the index last. True
 * when it was there.
 */
export async function addToLayoutFolder(folder: string, write: LayoutWrite): Promise<boolean> {
  if (isListed(await existingIndex(folder), write)) {
    await endTurnsOfTheGone(folder);
    return true;
  }
  const blobs = join(folder, "blobs", "sha256");
  await mkdir(blobs, { recursive: true });
  await place(join(folder, "oci-layout"), layoutText);
  for (const blob of write.artifact.blobs) {
    throwIfAborted(write.signal);
    await writeBlob(join(blobs, digestHex(blob.digest)), blob, write);
  }
  return listed(folder, write);
}

/** The index of the layout that is there. A folder that holds something else is refused. */
async function existingIndex(folder: string): Promise<ImageIndex | undefined> {
  const names: string[] = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    if (error.code === "ENOTDIR") throw alreadyThere(folder);
    throw error;
  });
  if (names.includes("index.json")) return (await openLayout(folder)).index;
  // A first export that was cut off leaves these, and no index.
  const stray = names.find((name) => !["oci-layout", "blobs"].includes(name) && !isLeftOver(name));
  if (stray !== undefined) throw alreadyThere(folder);
  return undefined;
}

function isListed(index: ImageIndex | undefined, write: LayoutWrite): boolean {
  const { digest } = write.artifact.descriptor;
  const same = index?.manifests.find(({ annotations }) => annotations?.[annotationKeys.tag] === write.tag);
  if (same === undefined || same.digest === digest) return same !== undefined;
  throw new ModelkeepError(
    "already_exists",
    `The layout holds another artifact under the tag ${JSON.stringify(write.tag)}, which was left as it is: export with another tag`,
    { details: { tag: write.tag, digest: same.digest } },
  );
}

/** Reads and writes the index while no other export does. */
function listed(folder: string, write: LayoutWrite): Promise<boolean> {
  return inTurn(folder, write.signal, async (still) => {
    const index = await existingIndex(folder);
    if (isListed(index, write)) return true;
    const text = indexText([...(index?.manifests ?? []), tagged(write)], index);
    const pieces = async function* () {
      yield* bytesOf(text);
      await still();
    };
    await writeNewFile(join(folder, "index.json"), pieces(), { overwrite: true });
    // What exports of other versions left that were killed.
    const isPartial = (name: string) => /^\..*\.partial$/u.test(name);
    for (const place of [folder, join(folder, "blobs", "sha256")])
      await removeAbandoned(place, isPartial, join(folder, "index.json"));
    return false;
  });
}

/** A blob that is there is kept if it is what its name says; what else has the name is replaced. */
async function writeBlob(path: string, blob: Blob, { signal, progress }: LayoutWrite): Promise<void> {
  const stat = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (stat !== undefined && stat.isFile() && stat.size === blob.size && (await digestAt(path)) === blob.digest) {
    progress(blob.size);
    return;
  }
  const pieces = async function* (): AsyncGenerator<Uint8Array> {
    for await (const bytes of blob.open()) {
      throwIfAborted(signal);
      yield bytes;
      progress(bytes.length);
    }
  };
  // Another export may bring the same bytes meanwhile.
  await writeNewFile(path, pieces(), { overwrite: true });
}

async function digestAt(path: string): Promise<string> {
  const hasher = createHasher();
  for await (const bytes of (await fileObject(path)).stream()) hasher.update(bytes);
  return hasher.digest();
}

async function place(path: string, text: string): Promise<void> {
  try {
    await writeNewFile(path, bytesOf(text));
  } catch (error) {
    if (!isModelkeepError(error, "already_exists")) throw error;
  }
}

async function* bytesOf(text: string): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(text);
}

function alreadyThere(folder: string): ModelkeepError {
  return new ModelkeepError("already_exists", `${folder} exists already and is no OCI image layout: name a new folder`);
}
