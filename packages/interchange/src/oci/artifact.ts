import {
  type ByteSource,
  checkPaths,
  digestOf,
  type Envelope,
  ModelkeepError,
  type PayloadEntry,
} from "@modelkeep/core";

import type { Descriptor } from "./documents.js";
import { layerOf } from "./layer-kinds.js";
import { annotationKeys, imageManifestType, modelArtifactType, modelConfigType } from "./media-types.js";
import { modelConfig } from "./model-config.js";

/** Bytes that a layout keeps under their digest. */
export interface Blob extends Pick<Descriptor, "digest" | "size"> {
  readonly open: ByteSource;
}

/** A version as a ModelPack artifact. */
export interface Artifact {
  /** Of the image manifest. */
  readonly descriptor: Descriptor;
  /** Paths of the files, in the order of the layers. */
  readonly paths: readonly string[];
  /** Each once: layers, configuration, and the image manifest last. */
  readonly blobs: readonly Blob[];
}

export interface ArtifactOptions {
  /** What the model and its version are called in the configuration. Default for the name: the manifest's. */
  readonly name?: string | undefined;
  readonly version?: string | undefined;
}

/**
 * Every payload as a raw layer, so that a blob's digest is the payload's own; the manifest and the attestations as layers
 * beside them. The same version gives the same bytes.
 */
export async function artifactOf(envelope: Envelope, options: ArtifactOptions = {}): Promise<Artifact> {
  const { manifest, manifestBytes } = envelope;
  const attestations = (await envelope.attestations?.()) ?? [];
  const own = ["manifest.json", ...attestations.map(({ path }) => path)];
  checkPaths([...own, ...manifest.payloads.map(({ path }) => path)]);
  const blobs = new Map<string, Blob>();
  const layers: Descriptor[] = [];
  const add = (mediaType: string, bytes: Uint8Array): Descriptor => {
    const blob = blobOf(bytes);
    blobs.set(blob.digest, blob);
    return { mediaType, digest: blob.digest, size: blob.size };
  };
  for (const entry of manifest.payloads) {
    blobs.set(entry.digest, payloadBlob(envelope, entry));
    layers.push(layerOf(entry, manifest.created));
  }
  for (const [path, bytes] of [
    ["manifest.json", manifestBytes],
    ...attestations.map((each) => [each.path, each.bytes]),
  ] as const) {
    const { digest, size } = add("", bytes as Uint8Array);
    const layer = layerOf(
      { path: path as string, role: "documentation", mediaType: "application/json", digest, size },
      manifest.created,
    );
    const mark = path === "manifest.json" && { [annotationKeys.envelope]: manifest.format };
    layers.push({ ...layer, annotations: { ...layer.annotations, ...mark } });
  }
  const configuration = modelConfig(manifest, { ...options, diffIds: layers.map(({ digest }) => digest) });
  const config = add(modelConfigType, jsonBytes(configuration));
  const descriptor = add(
    imageManifestType,
    jsonBytes({
      schemaVersion: 2,
      mediaType: imageManifestType,
      artifactType: modelArtifactType,
      config,
      layers,
      annotations: manifestAnnotations(configuration.descriptor),
    }),
  );
  return {
    descriptor: { ...descriptor, artifactType: modelArtifactType },
    paths: layers.map(({ annotations }) => annotations![annotationKeys.path]!),
    blobs: [...blobs.values()],
  };
}

/** What registries show of an artifact: OCI's own keys. */
function manifestAnnotations(about: ReturnType<typeof modelConfig>["descriptor"]): Record<string, string> {
  const { createdAt, name, version, description, authors, licenses, revision, sourceURL } = about;
  const known = {
    created: createdAt,
    title: name,
    version,
    description,
    authors: authors?.join(", "),
    licenses: licenses?.join(" AND "),
    revision,
    source: sourceURL,
  };
  return Object.fromEntries(
    Object.entries(known).flatMap(([key, value]) =>
      value === undefined ? [] : [[`org.opencontainers.image.${key}`, value]],
    ),
  );
}

function payloadBlob(envelope: Envelope, { path, digest, size }: PayloadEntry): Blob {
  const payload = envelope.payload(path);
  if (payload === undefined)
    throw new ModelkeepError("not_found", `The envelope lacks the payload ${JSON.stringify(path)}`);
  return { digest, size, open: () => payload.stream() };
}

function blobOf(bytes: Uint8Array): Blob {
  return {
    digest: digestOf(bytes),
    size: bytes.length,
    async *open() {
      yield bytes;
    },
  };
}

function jsonBytes(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}
