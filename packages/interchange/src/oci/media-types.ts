/** Media types of OCI's image specification 1.1 and of the CNCF's ModelPack specification (modelpack/model-spec, docs/spec.md). */
export const imageIndexType = "application/vnd.oci.image.index.v1+json";
export const imageManifestType = "application/vnd.oci.image.manifest.v1+json";
export const modelArtifactType = "application/vnd.cncf.model.manifest.v1+json";
export const modelConfigType = "application/vnd.cncf.model.config.v1+json";
export const kitConfigType = "application/vnd.kitops.modelkit.config.v1+json";

/** Keys of annotations: OCI's, ModelPack's (docs/annotations.md), and the one that marks our own manifest. */
export const annotationKeys = {
  tag: "org.opencontainers.image.ref.name",
  title: "org.opencontainers.image.title",
  path: "org.cncf.model.filepath",
  file: "org.cncf.model.file.metadata+json",
  untested: "org.cncf.model.file.mediatype.untested",
  envelope: "io.github.modelkeep.envelope",
} as const;

/** What the files of a layer are for. */
export type LayerKind = "weight" | "weight.config" | "doc" | "code" | "dataset";
export type LayerForm = "raw" | "tar" | "tar+gzip" | "tar+zstd";

export interface LayerType {
  readonly kind: LayerKind;
  readonly form: LayerForm;
}

export function rawLayerType(kind: LayerKind): string {
  return `application/vnd.cncf.model.${kind}.v1.raw`;
}

const modelLayer =
  /^application\/vnd\.cncf\.model\.(weight|weight\.config|doc|code|dataset)\.v1\.(raw|tar(?:\+gzip|\+zstd)?)$/u;
const kitLayer =
  /^application\/vnd\.kitops\.modelkit\.(model|modelpart|docs|code|dataset)\.v1\.(tar(?:\+gzip|\+zstd)?)$/u;
const kitKinds: Readonly<Record<string, LayerKind>> = {
  model: "weight",
  modelpart: "weight.config",
  docs: "doc",
  code: "code",
  dataset: "dataset",
};

/** What a layer's media type says, in ModelPack's words; undefined for layers of anything else. */
export function layerType(mediaType: string): LayerType | undefined {
  const model = modelLayer.exec(mediaType);
  if (model !== null) return { kind: model[1] as LayerKind, form: model[2] as LayerForm };
  const kit = kitLayer.exec(mediaType);
  return kit === null ? undefined : { kind: kitKinds[kit[1]!]!, form: kit[2] as LayerForm };
}
