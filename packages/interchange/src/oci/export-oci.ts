import { type Envelope, ModelkeepError, type Progress } from "@modelkeep/core";

import { type ArtifactOptions, artifactOf } from "./artifact.js";
import type { LayoutWrite } from "./layout-write.js";
import { writeLayoutFile } from "./write-layout-file.js";
import { addToLayoutFolder } from "./write-layout-folder.js";

/** What an artifact is called, in itself and in its layout. */
export interface ExportOciOptions extends ArtifactOptions {
  /** What the layout calls the artifact: letters, digits, `_`, `.` and `-`. Default: `churn-3`, of name and version. */
  readonly tag?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** In bytes. */
  readonly progress?: ((progress: Progress) => void) | undefined;
}

/** What an export into a layout wrote. */
export interface ExportedOci {
  readonly tag: string;
  /** Of the image manifest: what registries call the artifact's digest. */
  readonly digest: string;
  /** Paths of the files. */
  readonly files: readonly string[];
  /** True when the layout held it already, and nothing was written. */
  readonly existing: boolean;
}

/**
 * Writes a version as a ModelPack artifact into an OCI image layout: a folder, which may hold others already, or a new `.tar`
 * file. Every byte is verified on its way; what was cut off does not look whole, and may be run again.
 *
 * @throws `already_exists` where the target is something else, the file is there, or the tag is another artifact's
 * @throws `conflict` where other exports write the index all the time: turns are waited for
 * @throws `invalid_name` for a tag that OCI does not allow
 */
export async function exportOci(
  envelope: Envelope,
  target: string,
  options: ExportOciOptions = {},
): Promise<ExportedOci> {
  const { signal, progress } = options;
  const artifact = await artifactOf(envelope, options);
  const tag = checkTag(options.tag ?? tagOf(options.name ?? envelope.manifest.name, options.version));
  const total = artifact.blobs.reduce((sum, { size }) => sum + size, 0);
  let done = 0;
  const write: LayoutWrite = {
    artifact,
    tag,
    signal,
    progress: (bytes) => progress?.({ done: (done += bytes), total }),
  };
  const existing = /\.tar$/iu.test(target)
    ? await writeLayoutFile(target, write)
    : await addToLayoutFolder(target, write);
  return { tag, digest: artifact.descriptor.digest, files: artifact.paths, existing };
}

function tagOf(name = "model", version?: string): string {
  const whole = version === undefined ? name : `${name}-${version}`;
  return (
    whole
      .replaceAll(/[^A-Za-z0-9._-]+/gu, "-")
      .replace(/^[.-]+/u, "")
      .slice(0, 128) || "model"
  );
}

function checkTag(tag: string): string {
  if (/^\w[\w.-]{0,127}$/u.test(tag)) return tag;
  throw new ModelkeepError(
    "invalid_name",
    `A tag has letters, digits, "_", "." and "-", at most 128, and begins with a letter or digit, unlike ${JSON.stringify(tag.slice(0, 140))}`,
  );
}
