import {
  contentDigest,
  type Manifest,
  ModelkeepError,
  type Representation,
  serializeManifest,
  type Signature,
} from "@modelkeep/core";

import type { Context } from "./context.js";
import { recordForSave, register } from "./register.js";
import { describeFileModel } from "./file-model.js";
import type { NotReproduced } from "./hold-given.js";
import { declareRequirements } from "./requirements.js";
import { describeFiles, encodeModel, type NotMade, type Prepared } from "./representations.js";
import { prepareSamples } from "./samples.js";
import type { Metadata, Saved, SaveInput } from "./save-input.js";
import { type BlobSource, Upload } from "./upload.js";

const metadataFields = [
  "description",
  "author",
  "licence",
  "tags",
  "parameters",
  "metrics",
  "crossValidation",
  "trained",
  "pipeline",
  "signature",
  "data",
  "source",
  "environment",
  "requirements",
  "lineage",
  "extra",
] as const satisfies readonly (keyof Metadata)[];

/** Saves a model as the next version: blobs, manifest, entry, in this order. */
export async function save(context: Context, name: string, input: SaveInput): Promise<Saved> {
  const record = await recordForSave(context, name, input.signal);
  const draft = await prepare(context, input);
  const expects = (size: number) =>
    [...record.versions.values()].some((version) => version.payloads.some((payload) => payload.size === size));
  const upload = new Upload(context, { signal: input.signal, progress: input.progress, expects });
  try {
    const payloads = await upload.addPayloads(draft.sources);
    const { checkManifest } = await import("@modelkeep/core/manifest");
    const manifest = checkManifest({
      format: "modelkeep.envelope/1",
      created: context.clock().toISOString(),
      name: record.name,
      ...draft.metadata,
      ...(draft.samples && { samples: draft.samples }),
      representations: draft.representations,
      payloads,
      content: contentDigest(payloads),
    });
    const manifestBytes = serializeManifest(manifest);
    const { labels, aliases, again, signal } = input;
    const registered = await register(context, record, upload, {
      manifest,
      manifestBytes,
      labels,
      aliases,
      again,
      signal,
    });
    const { version } = registered;
    return {
      name: registered.record.name,
      version: version.version,
      reference: `${registered.record.name}@${version.version}`,
      digest: version.manifest,
      content: version.content,
      existing: registered.existing,
      ...(draft.notMade.length > 0 && { notMade: draft.notMade }),
      ...(draft.notReproduced && { notReproduced: draft.notReproduced }),
      manifest,
    };
  } finally {
    await upload.end();
  }
}

interface DraftEnvelope {
  readonly metadata: Metadata;
  readonly representations: readonly Representation[];
  readonly samples?: Manifest["samples"] | undefined;
  readonly sources: readonly BlobSource[];
  readonly notMade: readonly NotMade[];
  readonly notReproduced?: NotReproduced | undefined;
}

async function prepare(context: Context, input: SaveInput): Promise<DraftEnvelope> {
  const { model, files = [] } = input;
  if (model === undefined && files.length === 0)
    throw new ModelkeepError("invalid_input", "There is nothing to save: give a `model` or `files`");
  const described = await describeFiles(context.plugins, files);
  const fromFiles = await describeFileModel(
    context.plugins,
    described.prepared,
    model === undefined ? input.as : undefined,
  );
  const encoded = model === undefined ? undefined : await encodeModel(context.plugins, model, input.as);
  const about = (encoded ?? fromFiles).description;
  const all = [...(encoded?.prepared ?? []), ...fromFiles.prepared];
  const { prepared, requirements } = await declareRequirements(context, all);
  const signature = input.signature ?? about.signature ?? prepared.find((each) => each.signature)?.signature;
  const notMade = (encoded ?? fromFiles).notMade ?? [];
  const recorded = input.samples && (await prepareSamples(context, prepared, signature, input.samples, notMade));
  const representations = recorded?.representations ?? prepared.map((each) => each.representation);
  return {
    metadata: { ...(requirements.length > 0 && { requirements }), ...fromFlavor(about, signature), ...given(input) },
    representations,
    samples: recorded?.samples,
    notMade,
    notReproduced: recorded?.notReproduced,
    sources: [...prepared.flatMap((each: Prepared) => each.sources), ...described.others, ...(recorded?.sources ?? [])],
  };
}

/** What the flavor tells of a model, in the manifest's form. */
function fromFlavor(
  about: Awaited<ReturnType<typeof encodeModel>>["description"],
  signature: Signature | undefined,
): Metadata {
  return {
    ...(about.steps && { pipeline: { steps: about.steps.map((step) => ({ ...step })) } }),
    ...(about.parameters && { parameters: { ...about.parameters } }),
    ...(signature && { signature }),
  } as Metadata;
}

function given(input: SaveInput): Metadata {
  const entries = metadataFields.map((field) => [field, input[field]] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined)) as Metadata;
}
