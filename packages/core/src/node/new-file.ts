import { type FileHandle, link, open, rename, unlink } from "node:fs/promises";
import { dirname } from "node:path";

import { ModelkeepError } from "../errors.js";
import { partialOf, removeOtherPartials } from "./abandoned.js";

const most = 1 << 30;

/** What a new file replaces, and who may read it. */
export interface NewFileOptions {
  /** Replace what is there. Default: `already_exists`. */
  readonly overwrite?: boolean;
  /** Permissions. Default: what the process gives to new files. */
  readonly mode?: number;
}

/**
 * Writes a file whole or not at all: beside its place, flushed to the disk, then moved there.
 * @throws `already_exists` where there is a file and `overwrite` is not set
 */
export async function writeNewFile(
  path: string,
  pieces: AsyncIterable<Uint8Array>,
  { overwrite = false, mode = 0o666 }: NewFileOptions = {},
): Promise<void> {
  const partial = partialOf(path);
  try {
    const handle = await open(partial, "wx", mode);
    try {
      await removeOtherPartials(path, partial);
      for await (const bytes of pieces) await writeFully(handle, bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    if (overwrite) await rename(partial, path);
    else await place(partial, path);
  } finally {
    await unlink(partial).catch(() => {});
  }
  await syncFolder(dirname(path));
}

export async function writeFully(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const { bytesWritten } = await handle.write(bytes, at, Math.min(most, bytes.length - at));
    at += bytesWritten;
  }
}

/** Makes the names in a folder last. Some systems have no such call for folders, and need none. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r").catch(() => undefined);
  try {
    await handle?.sync();
  } catch (error) {
    if (!["EPERM", "EINVAL", "EISDIR", "ENOTSUP"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
  } finally {
    await handle?.close();
  }
}

/** A link fails where something is; a rename would replace it. */
async function place(partial: string, path: string): Promise<void> {
  try {
    await link(partial, path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "EEXIST") throw cause;
    throw new ModelkeepError("already_exists", `${path} exists already, and was left as it is`, { cause });
  }
}
