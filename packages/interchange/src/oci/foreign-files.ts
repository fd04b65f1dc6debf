import { checkPaths, fileName, foldPath, ModelkeepError } from "@modelkeep/core";

import { isModelFile, mainFile } from "../model-file.js";
import type { PlannedFile } from "../plan.js";
import type { ImageManifest } from "./documents.js";
import { type LayerFile, layerFiles, type Unpacked } from "./layer-files.js";
import type { Layout } from "./layout.js";
import { type LayerKind, layerType } from "./media-types.js";

export interface ForeignFilesOptions {
  /** Of the layers, where the configuration has one for each. */
  readonly diffIds: readonly string[] | undefined;
  readonly unpacked: Unpacked;
  /** The layout. */
  readonly source: string;
}

interface KindFile extends LayerFile {
  readonly kind: LayerKind;
}

/** The files of an artifact that others made, the model first, and what of it could not be taken. */
export async function foreignFiles(
  layout: Layout,
  { layers }: ImageManifest,
  { diffIds, unpacked, source }: ForeignFilesOptions,
): Promise<{ readonly files: readonly PlannedFile[]; readonly notes: readonly string[] }> {
  const found: KindFile[] = [];
  const notes: string[] = [];
  for (const [index, layer] of layers.entries()) {
    const type = layerType(layer.mediaType);
    const held = type && (await layerFiles(layout, layer, type, unpacked));
    if (type === undefined || held === undefined) {
      const why = type === undefined ? `is of the type ${layer.mediaType}` : "does not say what its file is called";
      notes.push(`the layer ${layer.digest} ${why}: left out`);
      continue;
    }
    // Some tools write the layer's own digest there, compressed or not.
    if (diffIds !== undefined && ![held.diffId, layer.digest].includes(diffIds[index] as typeof layer.digest))
      notes.push(`the configuration calls the layer ${layer.digest} ${diffIds[index]}, which it is not`);
    for (const file of held.files) {
      const path = reserved(file.path) ? `oci/${file.path}` : file.path;
      if (path !== file.path) notes.push(`${file.path} is kept as ${path}: the name is reserved`);
      found.push({ ...file, path, kind: type.kind });
    }
  }
  checkPaths(found.map((file) => file.path));
  const weights = found.filter(({ kind }) => kind === "weight");
  const main = mainOf(weights);
  if (main === undefined)
    throw new ModelkeepError("unsupported", "The artifact holds no weights: there is no model to save");
  const together = weights.some(({ path }) => isShard(path) || !isModelFile(fileName(path)));
  const roleOf = (file: KindFile) =>
    file.kind === "weight" ? (file === main || !together ? "model" : "external-data") : roles[file.kind];
  const ordered = [main, ...found.filter((file) => file !== main)];
  return {
    files: ordered.map((file) => ({
      file: source,
      path: file.path,
      role: roleOf(file),
      size: file.size,
      open: file.open,
    })),
    notes,
  };
}

const roles: Readonly<Record<Exclude<LayerKind, "weight">, string>> = {
  "weight.config": "configuration",
  doc: "documentation",
  code: "code",
  dataset: "dataset",
};

/** The first shard, the file that is called a model, or else the first. */
function mainOf(weights: readonly KindFile[]): KindFile | undefined {
  const shard = weights.filter(({ path }) => isShard(path)).toSorted((a, b) => (a.path < b.path ? -1 : 1))[0];
  if (shard !== undefined) return shard;
  const name = mainFile(weights.map(({ path }) => fileName(path)));
  return weights.find(({ path }) => fileName(path) === name) ?? weights[0];
}

function isShard(path: string): boolean {
  return /-\d+-of-\d+\.\w+$/u.test(path);
}

/** Names that an envelope keeps for itself. */
function reserved(path: string): boolean {
  const folded = foldPath(path);
  return folded === "manifest.json" || folded.split("/", 1)[0] === "attestations";
}
