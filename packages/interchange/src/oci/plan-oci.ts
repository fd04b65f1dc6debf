import { basename, resolve } from "node:path";

import { isModelkeepError, ModelkeepError } from "@modelkeep/core";

import { modelName } from "../folder/model-name.js";
import { labelOf } from "../folder/version-name.js";
import type { ImportPlan, LeftBehind, PlannedVersion } from "../plan.js";
import { carriedEnvelope, envelopeLayer } from "./carried-envelope.js";
import {
  type Descriptor,
  type ImageManifest,
  kitfileSchema,
  manifestSchema,
  modelConfigSchema,
  parseDocument,
} from "./documents.js";
import { foreignFiles } from "./foreign-files.js";
import { modelOfConfig, modelOfKitfile } from "./foreign-metadata.js";
import { type Unpacked, unpackedOf } from "./layer-files.js";
import { type Layout, openLayout, readBlob } from "./layout.js";
import { annotationKeys, imageManifestType, kitConfigType, modelArtifactType, modelConfigType } from "./media-types.js";

/** Which artifacts of a layout are taken, and under which name. */
export interface PlanOciOptions {
  /** The models' name, where the artifact does not tell it or another one is wanted. */
  readonly name?: string | undefined;
  /** Only the artifact with this tag or digest. Default: all in the layout. */
  readonly ref?: string | undefined;
}

/**
 * Plans the import of models from an OCI image layout, a folder or one tar file: versions that were exported from a registry,
 * ModelPack artifacts of others, ModelKits of KitOps. Archives among the layers are read once, to know what they hold.
 *
 * @throws `malformed`, `truncated` or `unknown_format_version` for what is no layout
 * @throws `not_found` where the layout lacks the artifact or a blob of it
 * @throws `unsupported` for the only artifact, when it is no model
 * @throws `digest_mismatch`, `size_mismatch`, `invalid_path` or `limit_exceeded` for the only artifact, when its files are not safe to take
 */
export async function planOci(source: string, options: PlanOciOptions = {}): Promise<ImportPlan> {
  const path = resolve(source);
  const layout = await openLayout(path);
  const unpacked = unpackedOf(layout);
  const versions: PlannedVersion[] = [];
  const left: LeftBehind[] = [];
  const seen = new Set<string>();
  const chosen = chosenOf(layout, path, options.ref);
  for (const descriptor of chosen) {
    const from = descriptor.annotations?.[annotationKeys.tag] ?? descriptor.digest;
    if (seen.has(descriptor.digest)) {
      left.push({ path: from, reason: `the same artifact (${descriptor.digest}) under another tag` });
      continue;
    }
    seen.add(descriptor.digest);
    try {
      versions.push(await planArtifact({ layout, unpacked, path, options, from, descriptor }));
    } catch (error) {
      // One that is asked for alone is refused with its error; among several, the others are not held up.
      if (!isModelkeepError(error) || chosen.length === 1) throw error;
      left.push({ path: from, reason: error.message, ...(error.code !== "unsupported" && { failed: true }) });
    }
  }
  return {
    kind: "an OCI image layout",
    source: path,
    versions: apart(versions),
    left,
    [Symbol.asyncDispose]: () => unpacked.remove(),
  };
}

interface Artifact {
  readonly layout: Layout;
  readonly unpacked: Unpacked;
  readonly path: string;
  readonly options: PlanOciOptions;
  readonly from: string;
  readonly descriptor: Descriptor;
}

function chosenOf({ index }: Layout, path: string, ref: string | undefined): readonly Descriptor[] {
  const tags = index.manifests.map(({ annotations, digest }) => annotations?.[annotationKeys.tag] ?? digest);
  const chosen = index.manifests.filter(({ digest }, at) => ref === undefined || tags[at] === ref || digest === ref);
  if (chosen.length > 0) return chosen;
  throw new ModelkeepError(
    "not_found",
    ref === undefined
      ? `The layout ${path} holds nothing`
      : `The layout ${path} holds no ${JSON.stringify(ref)}; it holds ${tags.slice(0, 20).join(", ") || "nothing"}`,
  );
}

async function planArtifact(artifact: Artifact): Promise<PlannedVersion> {
  const { layout, path, options, from, descriptor } = artifact;
  if (descriptor.mediaType !== imageManifestType)
    throw new ModelkeepError("unsupported", `${from} is of the type ${descriptor.mediaType}, not a model's manifest`);
  const manifest = parseDocument(await readBlob(layout, descriptor), manifestSchema, `manifest ${descriptor.digest}`);
  if (manifest.subject !== undefined)
    throw new ModelkeepError(
      "unsupported",
      `${from} says something about ${manifest.subject.digest}, such as a signature does: that is not carried over`,
    );
  const own = envelopeLayer(manifest);
  if (own === undefined) return planForeign(artifact, manifest);
  const { envelope, others } = await carriedEnvelope(layout, manifest, own);
  const { config } = await configOf(layout, manifest);
  const { name, description, metrics, tags } = envelope.manifest;
  return {
    name: options.name ?? name ?? modelName(config.name ?? basename(path)),
    label: labelFor(config.version, descriptor),
    from,
    files: envelope.manifest.payloads.map((each) => ({
      file: path,
      path: each.path,
      role: each.role,
      size: each.size,
    })),
    metadata: {
      ...(description !== undefined && { description }),
      ...(metrics !== undefined && { metrics }),
      ...(tags !== undefined && { tags }),
    },
    aliases: [],
    envelope: () => envelope,
    notes: others.map((layer) => `the layer ${layer.digest} (${layer.mediaType}) is no part of the version: left out`),
  };
}

async function planForeign(
  { layout, unpacked, path, options, from, descriptor }: Artifact,
  manifest: ImageManifest,
): Promise<PlannedVersion> {
  const { config, diffIds } = await configOf(layout, manifest);
  const { files, notes } = await foreignFiles(layout, manifest, { diffIds, unpacked, source: path });
  return {
    name: options.name ?? modelName(config.name ?? tagName(descriptor) ?? basename(path)),
    label: labelFor(config.version, descriptor),
    from,
    files,
    metadata: config.metadata,
    aliases: [],
    notes,
  };
}

async function configOf(layout: Layout, { artifactType, config, layers }: ImageManifest) {
  const kit = config.mediaType === kitConfigType;
  if (!kit && artifactType !== modelArtifactType && config.mediaType !== modelConfigType)
    throw new ModelkeepError(
      "unsupported",
      `${artifactType ?? config.mediaType} is no kind of model that is known here: ModelPack artifacts and ModelKits are`,
    );
  const bytes = await readBlob(layout, config);
  const what = `configuration ${config.digest}`;
  if (kit) return { config: modelOfKitfile(parseDocument(bytes, kitfileSchema, what)), diffIds: undefined };
  const document = parseDocument(bytes, modelConfigSchema, what);
  const { diffIds } = document.modelfs;
  return { config: modelOfConfig(document), diffIds: diffIds.length === layers.length ? diffIds : undefined };
}

/** "3" becomes v3: labels are never all digits. */
function labelFor(version: string | undefined, { digest, annotations }: Descriptor): string {
  return labelOf(version ?? annotations?.[annotationKeys.tag] ?? digest.slice("sha256:".length, 19));
}

/** The repository of a tag such as `registry.example/team/churn:3`, as some tools write them. */
function tagName({ annotations }: Descriptor): string | undefined {
  return /([^/:]+):[^/:]+$/u.exec(annotations?.[annotationKeys.tag] ?? "")?.[1];
}

/** Two artifacts that call themselves the same version are told apart by their tags, since labels are what a second run knows them by. */
function apart(versions: readonly PlannedVersion[]): PlannedVersion[] {
  const taken = new Set<string>();
  return versions.map((version) => {
    const { name, label, from } = version;
    const free = taken.has(`${name}@${label}`) ? labelOf(`${label}-${from}`) : label;
    taken.add(`${name}@${free}`);
    return { ...version, label: free };
  });
}
