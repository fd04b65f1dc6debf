import { stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";

import {
  type Codec,
  type Envelope,
  isModelkeepError,
  ModelkeepError,
  openPackage,
  type PackageEnvelope,
  type PayloadSet,
} from "@modelkeep/core";
import { fileObject, filePayloads, folderSources, openEnvelopeFolder, openPackageFile } from "@modelkeep/core/node";
import type { Identity } from "@modelkeep/encrypt";

import { folderMain, shardsOf } from "./model-folder.js";

/** What lies at a path: an envelope, or a model file and the codec that knows it. */
export type Opened =
  | { readonly kind: "envelope"; readonly envelope: Envelope; readonly form: "package" | "folder" }
  | { readonly kind: "file"; readonly payloads: PayloadSet; readonly codec: Codec | undefined };

/** What the user named is a file or folder when there is one, or when it looks like one; undefined for a reference. */
export async function pathOf(text: string, folder: string): Promise<string | undefined> {
  if (text.includes("@")) return undefined;
  const path = resolve(folder, text);
  try {
    await stat(path);
    return path;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return likeAPath.test(text) ? path : undefined;
  }
}

const likeAPath = /[/\\]|\.(?:zip|age|onnx|json|pkl|joblib|safetensors|msgpack|np[yz]|pth?|ckpt|gguf|keras|h5|hdf5)$/iu;

/** What opens a file that is encrypted. */
export type GetIdentities = (what: string) => Promise<readonly Identity[]>;

/** A package, encrypted or not. */
export async function openPackageAt(path: string, identities: GetIdentities): Promise<PackageEnvelope> {
  if (!path.endsWith(".age")) return openPackageFile(path);
  const { decryptAge } = await import("@modelkeep/encrypt");
  return openPackage(await decryptAge(await fileObject(path), { identities: await identities(path) }));
}

/** Opens by content: the name is only a hint, but for an ending ".age", which says that it is encrypted. */
export async function openPath(path: string, codecs: readonly Codec[], identities: GetIdentities): Promise<Opened> {
  const found = await statOf(path);
  const folderModel = found.isDirectory() ? await folderMain(path) : undefined;
  if (folderModel !== undefined) {
    const paths = (await folderSources(path)).map((source) => source.path).filter((each) => each !== folderModel);
    const payloads = await filePayloads(inFolder(path, [folderModel, ...paths]));
    const head = await payloads.main.range(0, Math.min(65536, payloads.main.size));
    return { kind: "file", payloads, codec: sniff(codecs, head, folderModel) };
  }
  if (found.isDirectory()) {
    return {
      kind: "envelope",
      form: "folder",
      envelope: await openEnvelopeFolder(path).catch((error: unknown) => explainFolder(path, error)),
    };
  }
  if (path.endsWith(".age"))
    return { kind: "envelope", form: "package", envelope: await openPackageAt(path, identities) };
  const payloads = await filePayloads([path]);
  const head = await payloads.main.range(0, Math.min(65536, payloads.main.size));
  if (isZip(head)) {
    const envelope = await openPackageFile(path).catch((error: unknown) => {
      if (isModelkeepError(error, "not_found") || isModelkeepError(error, "malformed")) return error;
      throw error;
    });
    if (!(envelope instanceof Error)) return { kind: "envelope", form: "package", envelope };
    const codec = sniff(codecs, head, path);
    if (codec === undefined) throw envelope;
    return { kind: "file", payloads, codec };
  }
  const codec = sniff(codecs, head, path);
  if (codec?.name !== "tfjs") return { kind: "file", payloads, codec };
  const files = inFolder(dirname(path), [basename(path), ...(await shardsOf(path))]);
  return { kind: "file", payloads: await filePayloads(files), codec };
}

function inFolder(folder: string, paths: readonly string[]) {
  return paths.map((path) => ({ file: join(folder, path), path }));
}

/** The codec that is sure, or the only one that may be. */
export function sniff(codecs: readonly Codec[], head: Uint8Array, path: string): Codec | undefined {
  const answers = codecs.map((codec) => ({ codec, answer: codec.sniff?.(head, path) ?? "no" }));
  const sure = answers.filter(({ answer }) => answer === "yes");
  const maybe = answers.filter(({ answer }) => answer === "maybe");
  return (
    sure[0]?.codec ??
    (maybe.length === 1
      ? maybe[0]!.codec
      : maybe.find(({ codec }) => codec.extensions.some((each) => path.toLowerCase().endsWith(each)))?.codec)
  );
}

async function statOf(path: string) {
  try {
    return await stat(path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw cause;
    throw new ModelkeepError("not_found", `There is no file ${JSON.stringify(path)}`, { cause });
  }
}

function isZip(head: Uint8Array): boolean {
  return head[0] === 0x50 && head[1] === 0x4b && (head[2] === 3 || head[2] === 5);
}

function explainFolder(path: string, cause: unknown): never {
  if ((cause as NodeJS.ErrnoException).code !== "ENOENT" && !isModelkeepError(cause, "not_found")) throw cause;
  throw new ModelkeepError(
    "not_found",
    `${path} is a folder without a manifest.json: name the model's files, or a package`,
    { cause, details: { path: join(path, "manifest.json") } },
  );
}
