import { open } from "node:fs/promises";
import { basename, join } from "node:path";

import { ModelkeepError } from "@modelkeep/core";
import { temporaryFolder } from "@modelkeep/core/node";

import { readArchive } from "./archive.js";
import type { PlannedFile } from "./plan.js";

/** Planned files as they lie on a disk: those of archives in a folder of their own, which goes when this is disposed of. */
export interface Unpacked extends AsyncDisposable {
  where(file: PlannedFile): string;
}

export async function unpack(files: readonly PlannedFile[], signal?: AbortSignal): Promise<Unpacked> {
  const archives = new Set(files.flatMap(({ archive }) => (archive === undefined ? [] : [archive])));
  if (archives.size === 0) return { where: ({ file }) => file, [Symbol.asyncDispose]: async () => {} };
  const folder = await temporaryFolder("import");
  const remove = () => folder[Symbol.asyncDispose]();
  try {
    const places = new Map<string, string>();
    for (const archive of archives) {
      const wanted = new Set(files.filter((each) => each.archive === archive).map(({ file }) => file));
      for await (const { path, type, body } of readArchive(archive, { signal })) {
        signal?.throwIfAborted();
        if (type !== "file" || !wanted.has(path)) continue;
        // By number: no name of a stranger's is used.
        const place = join(folder.path, String(places.size));
        const handle = await open(place, "wx");
        try {
          for await (const piece of body) await handle.writeFile(piece);
        } finally {
          await handle.close();
        }
        places.set(keyOf({ archive, file: path }), place);
      }
    }
    return {
      where: (file) => (file.archive === undefined ? file.file : (places.get(keyOf(file)) ?? gone(file))),
      [Symbol.asyncDispose]: remove,
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

function keyOf({ archive, file }: Pick<PlannedFile, "archive" | "file">): string {
  return `${archive}\0${file}`;
}

function gone({ archive, file }: PlannedFile): never {
  throw new ModelkeepError("not_found", `${basename(archive ?? "")} does not hold ${file} any more`);
}
