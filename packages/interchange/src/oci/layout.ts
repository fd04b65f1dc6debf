import { lstat } from "node:fs/promises";
import { join } from "node:path";

import { collect, digestHex, digestOf, ModelkeepError, type StoredObject } from "@modelkeep/core";
import { fileObject } from "@modelkeep/core/node";

import { type Descriptor, type ImageIndex, indexSchema, layoutSchema, parseDocument } from "./documents.js";
import { storedRange } from "./stored-range.js";
import { plainFiles } from "./plain-files.js";

/** The most that an index, a manifest or a configuration may have. */
export const documentLimit = 4 << 20;

/** An OCI image layout, as a folder or as one tar file: `oci-layout`, `index.json` and blobs by their digests. */
export interface Layout {
  readonly index: ImageIndex;
  /** A blob of the size that its descriptor gives. Its bytes are not verified yet. */
  open(descriptor: Descriptor): Promise<StoredObject>;
}

/** A file of the layout; undefined where there is none. */
type OpenFile = (path: string) => Promise<StoredObject | undefined>;

export async function openLayout(source: string): Promise<Layout> {
  const stat = await lstat(source).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (stat === undefined) throw new ModelkeepError("not_found", `There is no ${source}`, { details: { path: source } });
  const file = stat.isDirectory() ? inFolder(source) : await inTar(source);
  const marker = await file("oci-layout");
  const index = await file("index.json");
  if (marker === undefined || index === undefined)
    throw new ModelkeepError(
      "malformed",
      `${source} is no OCI image layout: it has no ${marker === undefined ? "oci-layout" : "index.json: what wrote it was cut off"}`,
    );
  const { imageLayoutVersion } = parseDocument(await small(marker, "oci-layout"), layoutSchema, "oci-layout");
  if (imageLayoutVersion !== "1.0.0")
    throw new ModelkeepError(
      "unknown_format_version",
      `${source} is an OCI image layout of the version ${imageLayoutVersion}: this library reads 1.0.0`,
    );
  return {
    index: parseDocument(await small(index, "index.json"), indexSchema, "index.json"),
    async open({ digest, size }) {
      const blob = await file(`blobs/sha256/${digestHex(digest)}`);
      if (blob === undefined)
        throw new ModelkeepError("not_found", `The layout ${source} lacks the blob ${digest}`, { details: { digest } });
      if (blob.info.size !== size)
        throw new ModelkeepError(
          "size_mismatch",
          `The blob ${digest} should have ${size} bytes, ${blob.info.size} are there`,
          { details: { digest } },
        );
      return blob;
    },
  };
}

/** A blob of at most `limit` bytes, verified. */
export async function readBlob(layout: Layout, descriptor: Descriptor, limit = documentLimit): Promise<Uint8Array> {
  const { digest, size } = descriptor;
  if (size > limit) throw new ModelkeepError("limit_exceeded", `The document ${digest} has more than ${limit} bytes`);
  const bytes = await collect((await layout.open(descriptor)).stream());
  if (digestOf(bytes) !== digest) throw notThose(descriptor);
  return bytes;
}

export function notThose({ digest }: Pick<Descriptor, "digest">): ModelkeepError {
  return new ModelkeepError("digest_mismatch", `The bytes of ${digest} are not those: they were changed or damaged`, {
    details: { digest },
  });
}

/** Links are never followed, whoever made the folder. */
function inFolder(folder: string): OpenFile {
  return async (path) => {
    let at = folder;
    const segments = path.split("/");
    for (const [index, segment] of segments.entries()) {
      at = join(at, segment);
      const stat = await lstat(at).catch((error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT") return undefined;
        throw error;
      });
      if (stat === undefined) return undefined;
      if (index < segments.length - 1 ? !stat.isDirectory() : !stat.isFile())
        throw new ModelkeepError("malformed", `${at} is a link, a device or a folder: layouts hold plain files`);
    }
    return fileObject(at);
  };
}

async function inTar(source: string): Promise<OpenFile> {
  const whole = await fileObject(source);
  const files = new Map<string, StoredObject>();
  for await (const { path, size, offset } of plainFiles(whole.stream(), source))
    files.set(path, storedRange(whole, offset, size));
  return async (path) => files.get(path);
}

async function small(object: StoredObject, what: string): Promise<Uint8Array> {
  if (object.info.size > documentLimit)
    throw new ModelkeepError("limit_exceeded", `The ${what} has more than ${documentLimit} bytes`);
  return collect(object.stream());
}
