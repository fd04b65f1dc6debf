import { fileName, type PayloadEntry } from "@modelkeep/core";

import type { Descriptor } from "./documents.js";
import { annotationKeys, type LayerKind, rawLayerType } from "./media-types.js";

const byRole: Readonly<Record<string, LayerKind>> = {
  model: "weight",
  "external-data": "weight",
  preprocessor: "weight",
  configuration: "weight.config",
  features: "weight.config",
  labels: "weight.config",
  samples: "dataset",
  dataset: "dataset",
  documentation: "doc",
  code: "code",
};
const byName: readonly (readonly [RegExp, LayerKind])[] = [
  [/\.(py|ipynb|js|mjs|ts|sh|r|jl)$/iu, "code"],
  [/\.(csv|tsv|parquet|arrow|jsonl|npy|npz)$/iu, "dataset"],
  [/\.(json|ya?ml|toml|ini|cfg)$|(^|\/)requirements[^/]*\.txt$/iu, "weight.config"],
];

/** A file as a raw layer: its kind by its role, or else guessed by its name, which the layer then says. */
export function layerOf(
  { path, role, digest, size }: Pick<PayloadEntry, "path" | "role" | "mediaType" | "digest" | "size">,
  created: string,
): Descriptor {
  const known = byRole[role];
  const kind = known ?? byName.find(([pattern]) => pattern.test(path))?.[1] ?? "doc";
  // As Go's archive/tar has it, which the specification borrows: a plain file that all may read.
  const file = { name: fileName(path), mode: 0o644, uid: 0, gid: 0, size, mtime: created, typeflag: "0".charCodeAt(0) };
  return {
    mediaType: rawLayerType(kind),
    digest,
    size,
    annotations: {
      [annotationKeys.path]: path,
      [annotationKeys.file]: JSON.stringify(file),
      [annotationKeys.untested]: String(known === undefined),
      // What tools that know OCI and no models call the file.
      [annotationKeys.title]: path,
    },
  };
}
