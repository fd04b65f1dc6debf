import { lstat, mkdir, readlink, rename, symlink } from "node:fs/promises";
import { join, resolve } from "node:path";

import { ModelkeepError, nameToSegment } from "@modelkeep/core";
import { openEnvelopeFolder, partialOf, removeOtherPartials, syncFolder, unpackEnvelope } from "@modelkeep/core/node";

import type { Context } from "../context.js";
import { progressBar } from "../progress.js";

/** FOLDER/NAME/VERSION with the files, and FOLDER/NAME/current pointing at it: a server that follows the link never sees half a model. */
export async function run(context: Context): Promise<void> {
  const { output, signal } = context;
  const registry = await context.registry({ attested: true });
  const [reference, folder] = context.arguments as [string, string];
  const envelope = await registry.open(reference);
  const { name, version } = envelope.version;
  const home = resolve(context.folder, folder, nameToSegment(name));
  const target = join(home, String(version));
  await mkdir(home, { recursive: true });
  const there = await exists(target);
  if (there) {
    // A version never changes: what is there must be it.
    const { digest } = await openEnvelopeFolder(target);
    if (digest !== envelope.digest)
      throw new ModelkeepError(
        "already_exists",
        `${target} holds something else than ${name}@${version}: move it away first`,
      );
  } else {
    const bar = progressBar(output, `laying out ${name}@${version}`);
    await unpackEnvelope(envelope, target, { signal, progress: bar.report }).finally(bar.stop);
  }
  const link = join(home, "current");
  const before = await readlink(link).catch(() => undefined);
  await pointAt(link, String(version));
  await syncFolder(home);
  output.result(
    { reference: `${name}@${version}`, folder: target, current: link, previous: before },
    `${link} → ${version}${before === undefined || before === String(version) ? "" : ` (was ${before})`}${there ? "" : `, files in ${target}`}`,
  );
}

/** A new link takes the old one's place in one step: a rename on the same file system. */
async function pointAt(link: string, target: string): Promise<void> {
  const found = await lstat(link).catch(() => undefined);
  if (found !== undefined && !found.isSymbolicLink())
    throw new ModelkeepError("already_exists", `${link} is not a link: move it away first`);
  const fresh = partialOf(link);
  await symlink(target, fresh, process.platform === "win32" ? "junction" : undefined);
  await removeOtherPartials(link, fresh);
  await rename(fresh, link);
}

async function exists(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined)) !== undefined;
}
