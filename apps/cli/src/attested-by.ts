import { readFile } from "node:fs/promises";
import { resolve } from "node:path";

import type { AttestedBy } from "@modelkeep/registry";

import type { Context } from "./context.js";

/** Whose attestations are asked for: by options, else by the configuration. */
export async function attestedBy({
  options,
  folder,
  configuration,
}: Pick<Context, "options" | "folder" | "configuration">): Promise<AttestedBy | undefined> {
  const keys = options.list("attested-by");
  const roots = options.text("roots");
  if (keys.length > 0 || roots !== undefined) return read(folder, keys, roots);
  const found = await configuration();
  const { attestedBy: named = [], roots: rootFile } = found?.values ?? {};
  return named.length > 0 || rootFile !== undefined ? read(found!.folder, named, rootFile) : undefined;
}

async function read(folder: string, keys: readonly string[], roots: string | undefined): Promise<AttestedBy> {
  const text = (file: string) => readFile(resolve(folder, file), "utf8");
  return {
    keys: await Promise.all(keys.map(text)),
    ...(roots !== undefined && { roots: await text(roots) }),
  };
}
