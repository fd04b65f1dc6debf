import { lstat, readdir } from "node:fs/promises";
import { basename, join } from "node:path";

import type { PayloadSet, PayloadSource } from "../codec.js";
import { compareCodePoints } from "../code-points.js";
import { payloadSet } from "../envelope.js";
import { ModelkeepError } from "../errors.js";
import { checkPath, checkPaths } from "../path.js";
import { unverifiedPayload } from "../unverified-payload.js";
import { fileObject } from "./file-object.js";

/** A file on the disk that is to be a payload. */
export interface FileDescription {
  /** Where it lies. */
  readonly file: string;
  /** Its path in the envelope. Default: the file's name. */
  readonly path?: string;
  readonly mediaType?: string;
  readonly role?: string;
}

/** Files as payloads, the main one first. Nothing vouches for them: they are what the user named. */
export async function filePayloads(files: Iterable<string | FileDescription>): Promise<PayloadSet> {
  const described = [...files].map(describe);
  checkPaths(described.map((each) => each.path));
  return payloadSet(
    await Promise.all(described.map(async ({ file, ...about }) => unverifiedPayload(await fileObject(file), about))),
  );
}

/** A file as something to save. It is read when it is opened: what counts are the bytes then. */
export async function fileSource(file: string | FileDescription): Promise<PayloadSource> {
  const { file: where, ...about } = describe(file);
  const object = await fileObject(where);
  return { ...about, path: checkPath(about.path), size: object.info.size, open: () => object.stream() };
}

/** All files below a folder as things to save, in code-point order of their paths. Links are refused, not followed. */
export async function folderSources(folder: string): Promise<PayloadSource[]> {
  const paths: string[] = [];
  const walk = async (prefix: string) => {
    for (const entry of await readdir(join(folder, prefix), { withFileTypes: true })) {
      const path = `${prefix}${entry.name}`;
      if (entry.isDirectory()) await walk(`${path}/`);
      else if (entry.isFile()) paths.push(path);
      else throw new ModelkeepError("invalid_input", `${join(folder, path)} is a link or a device, not a file`);
    }
  };
  if (!(await lstat(folder)).isDirectory()) throw new ModelkeepError("invalid_input", `${folder} is not a folder`);
  await walk("");
  checkPaths(paths);
  return Promise.all(paths.toSorted(compareCodePoints).map((path) => fileSource({ file: join(folder, path), path })));
}

function describe(file: string | FileDescription): FileDescription & { readonly path: string } {
  const described = typeof file === "string" ? { file } : file;
  return { ...described, path: described.path ?? basename(described.file) };
}
