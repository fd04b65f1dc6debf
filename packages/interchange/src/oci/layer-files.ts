import { open } from "node:fs/promises";
import { join } from "node:path";

import { type ByteSource, createHasher, type Digest, type Hasher, type StoredObject } from "@modelkeep/core";
import { fileObject, type TemporaryFolder, temporaryFolder } from "@modelkeep/core/node";

import { decompressed } from "./decompress.js";
import { annotationKeys, type LayerType } from "./media-types.js";
import type { Descriptor } from "./documents.js";
import { type Layout, notThose } from "./layout.js";
import { storedRange } from "./stored-range.js";
import { plainFiles } from "./plain-files.js";

/** One file that a layer holds. */
export interface LayerFile {
  readonly path: string;
  readonly size: number;
  readonly digest: Digest;
  /** Gives no byte before all of them have been compared with the digest. */
  readonly open: ByteSource;
}

export interface LayerFiles {
  readonly files: readonly LayerFile[];
  /** Of the plain bytes: what the configuration calls its DiffID. */
  readonly diffId: Digest;
}

/** Unpacked archives, kept until the import is over. */
export interface Unpacked {
  /** The archive of a compressed layer as a file. */
  archive(layer: Descriptor, type: LayerType): Promise<StoredObject>;
  remove(): Promise<void>;
}

/** The one file of a raw layer, or the files of an archive, which is read once to know them. Undefined for a raw layer without a name. */
export async function layerFiles(
  layout: Layout,
  layer: Descriptor,
  type: LayerType,
  unpacked: Unpacked,
): Promise<LayerFiles | undefined> {
  const { digest, size, annotations = {} } = layer;
  if (type.form === "raw") {
    const path = annotations[annotationKeys.path] ?? annotations[annotationKeys.title];
    if (path === undefined) return undefined;
    await layout.open(layer);
    return { files: [{ path, size, digest, open: verifying(layer, () => layout.open(layer)) }], diffId: digest };
  }
  const what = `The layer ${digest}`;
  const whole = createHasher();
  const plain = createHasher();
  const stored = hashed((await layout.open(layer)).stream(), whole);
  const archive = () => (type.form === "tar" ? layout.open(layer) : unpacked.archive(layer, type));
  const files: LayerFile[] = [];
  for await (const { path, size: length, offset, body } of plainFiles(
    hashed(decompressed(stored, type.form, { size, what }), plain),
    what,
  )) {
    const hasher = createHasher();
    for await (const bytes of body) hasher.update(bytes);
    const facts = { digest: hasher.digest(), size: length };
    files.push({ path, ...facts, open: verifying(facts, async () => storedRange(await archive(), offset, length)) });
  }
  if (whole.digest() !== digest) throw notThose(layer);
  return { files, diffId: plain.digest() };
}

export function unpackedOf(layout: Layout): Unpacked {
  const archives = new Map<Digest, Promise<StoredObject>>();
  let folder: Promise<TemporaryFolder> | undefined;
  return {
    archive(layer, { form }) {
      const { digest, size } = layer;
      const known = archives.get(digest);
      if (known !== undefined) return known;
      const made = (async () => {
        const path = join((await (folder ??= temporaryFolder("layers"))).path, digest.slice(7));
        const stream = (await layout.open(layer)).stream();
        const file = await open(path, "wx", 0o600);
        try {
          for await (const bytes of decompressed(stream, form, { size, what: `The layer ${digest}` }))
            await file.writeFile(bytes);
        } finally {
          await file.close();
        }
        return fileObject(path);
      })();
      archives.set(digest, made);
      return made;
    },
    async remove() {
      await (await folder)?.[Symbol.asyncDispose]();
    },
  };
}

/** The first opening reads everything once before it gives a byte; each compares again what it gives. */
function verifying(facts: Pick<Descriptor, "digest" | "size">, find: () => Promise<StoredObject>): ByteSource {
  let verified: Promise<void> | undefined;
  const compared = async function* (): AsyncGenerator<Uint8Array> {
    const hasher = createHasher();
    yield* hashed((await find()).stream(), hasher);
    if (hasher.digest() !== facts.digest) throw notThose(facts);
  };
  const verify = async (): Promise<void> => {
    const pieces = compared();
    while ((await pieces.next()).done !== true);
  };
  return async function* () {
    await (verified ??= verify());
    yield* compared();
  };
}

async function* hashed(stream: AsyncIterable<Uint8Array>, hasher: Hasher): AsyncGenerator<Uint8Array> {
  for await (const bytes of stream) {
    hasher.update(bytes);
    yield bytes;
  }
}
