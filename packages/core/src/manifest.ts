import * as z from "zod";

import { dtypes, type DType } from "./dtype.js";
import { contentDigest } from "./content-digest.js";
import { type Digest, isDigest } from "./digest.js";
import { isModelkeepError, ModelkeepError } from "./errors.js";
import { chunkSize, chunkThreshold, manifestLimit } from "./limits.js";
import { checkName } from "./name.js";
import { checkPath, checkPaths, foldPath } from "./path.js";
import { parseJson } from "./strict-json.js";

export { chunkSize, chunkThreshold, manifestLimit };

const digest = z
  .custom<Digest>(isDigest, 'must be "sha256:" and 64 lower-case hexadecimal digits')
  .meta({ type: "string", pattern: "^sha256:[0-9a-f]{64}$" });
const count = z.int().min(0);
const time = z.iso.datetime({ offset: true });
const day = z.iso.date();
const path = z.string().superRefine(throwing(checkPath));
const name = z.string().superRefine(throwing((value) => checkName(value)));
const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()]);
const values = z.record(z.string(), z.json());

const dtype = z.enum([...dtypes.keys()] as [DType, ...DType[]]);
const tensorSpec = z.looseObject({
  name: z.string(),
  dtype,
  shape: z.array(z.union([count, z.string(), z.null()])),
  features: z.array(z.string()).optional(),
  categories: z.array(z.union([z.string(), z.number(), z.boolean()])).optional(),
  ignored: z.boolean().optional(),
  optional: z.boolean().optional(),
  description: z.string().optional(),
});
const signature = z.looseObject({ inputs: z.array(tensorSpec), outputs: z.array(tensorSpec) });

const payload = z.looseObject({
  path,
  /** "model", "preprocessor", "features", "samples", "external-data", "attachment" …: what it is for. */
  role: z.string().min(1),
  mediaType: z.string().min(1),
  /** Of the plain bytes, as the digest is. */
  size: count,
  digest,
  /** How it is kept: a matter of transport. */
  encoding: z.enum(["deflate", "gzip"]).optional(),
  chunks: z.looseObject({ size: z.int().min(1).max(chunkThreshold), digests: z.array(digest) }).optional(),
});

const versions = z.record(z.string(), z.string());

const proof = z.looseObject({
  rows: count,
  identical: z.boolean(),
  worst: z.number().optional(),
  worstAt: z.string().optional(),
  runtime: z.string().optional(),
});

const representation = z.looseObject({
  name,
  codec: z.string().min(1),
  codecVersion: z.string().optional(),
  flavor: z.string().optional(),
  /** Paths, the main one first. */
  payloads: z.array(path).min(1),
  /** What is needed to run it: libraries with the versions it was made with. */
  libraries: versions.optional(),
  /** The representation it was converted from, and how exactly. */
  convertedFrom: z
    .looseObject({
      representation: name,
      converter: z.string(),
      exactness: z.enum(["bits", "bounded", "unknown"]),
      bound: z.number().optional(),
      notes: z.array(z.string()).optional(),
      proof: proof.optional(),
    })
    .optional(),
  parameterCount: count.optional(),
});

const dataset = z.looseObject({
  name: z.string(),
  role: z.string().optional(),
  digest: digest.optional(),
  size: count.optional(),
  rows: count.optional(),
  uri: z.string().optional(),
  licence: z.string().optional(),
});

const samples = z.looseObject({
  /** Payloads with tensors as JSON, by the names of the signature. */
  inputs: path,
  outputs: path,
  rows: count,
  /** Floats agree when |a - b| <= bound x max(1, |b|); labels and integers always exactly. */
  bound: z.number().min(0),
  /** Who made the outputs; absent when they were given. */
  recordedBy: z
    .looseObject({ representation: name, runtime: z.string(), version: z.string(), platform: z.string().optional() })
    .optional(),
});

/** The schema of a manifest: its inferred type is `Manifest`. Rules that a schema cannot say are those of `checkManifest`. */
export const manifestSchema = z.looseObject({
  format: z.literal("modelkeep.envelope/1"),
  created: time,
  /** The day or the moment when training ended, where that was not when the envelope was made. */
  trained: z.union([time, day]).optional(),
  name: name.optional(),
  description: z.string().optional(),
  author: z.looseObject({ name: z.string(), email: z.string().optional() }).optional(),
  licence: z.string().optional(),
  tags: z.record(z.string(), z.string()).optional(),
  parameters: values.optional(),
  metrics: z.record(z.string(), z.number()).optional(),
  /** Scores of each fold, by metric. */
  crossValidation: z.record(z.string(), z.array(z.number())).optional(),
  pipeline: z
    .looseObject({
      steps: z.array(z.looseObject({ name: z.string(), type: z.string(), parameters: values.optional() })),
    })
    .optional(),
  signature: signature.optional(),
  data: z.array(dataset).optional(),
  source: z
    .looseObject({
      git: z
        .looseObject({
          commit: z.string(),
          dirty: z.boolean().optional(),
          branch: z.string().optional(),
          remote: z.string().optional(),
        })
        .optional(),
      run: z.string().optional(),
    })
    .optional(),
  environment: z
    .looseObject({
      runtime: z.looseObject({ name: z.string(), version: z.string() }),
      platform: z.string().optional(),
      libraries: versions.optional(),
    })
    .optional(),
  requirements: z
    .array(z.looseObject({ ecosystem: z.enum(["npm", "pypi"]), name: z.string(), version: z.string() }))
    .optional(),
  lineage: z
    .looseObject({
      parent: z.looseObject({ name, version: z.int().min(1).optional(), digest }).optional(),
      run: z.string().optional(),
    })
    .optional(),
  samples: samples.optional(),
  representations: z.array(representation),
  payloads: z.array(payload),
  /** Over the sorted (path, digest) pairs: see `contentDigest`. */
  content: digest,
  extra: z.record(z.string(), z.union([scalar, z.json()])).optional(),
});

/**
 * All that an envelope says of itself: what the model is, where it comes from, and every file with its digest. Fields
 * that this version does not know are kept. `spec/envelope.md` has the rules.
 */
export type Manifest = z.infer<typeof manifestSchema>;
/** One file of an envelope: its path, what it is for, its size and digest. */
export type PayloadEntry = Manifest["payloads"][number];
/** One form of the model in an envelope: its codec, its files, what it was converted from. */
export type Representation = Manifest["representations"][number];
/** What the manifest says of the samples: where inputs and outputs lie, and how exactly they must be met. */
export type SamplesEntry = NonNullable<Manifest["samples"]>;
/** A data set that the model was trained or evaluated on, as the manifest names it. */
export type DatasetEntry = NonNullable<Manifest["data"]>[number];

/** Reads and judges a manifest's bytes: `invalid_manifest` names every fault with its place. Unknown fields are kept. */
export function parseManifest(bytes: Uint8Array): Manifest {
  if (bytes.length > manifestLimit)
    throw new ModelkeepError(
      "limit_exceeded",
      `A manifest has at most ${manifestLimit} bytes, this one has ${bytes.length}`,
    );
  return checkManifest(parseJson(bytes, { what: "manifest", code: "invalid_manifest", depth: 64 }));
}

/** The same for a value in memory, which is not changed. */
export function checkManifest(value: unknown): Manifest {
  const format = (value as { format?: unknown } | null)?.format;
  if (typeof format === "string" && /^modelkeep\.envelope\/\d+$/u.test(format) && format !== "modelkeep.envelope/1") {
    throw new ModelkeepError(
      "unknown_format_version",
      `The manifest is of format ${format}; this library reads modelkeep.envelope/1: install a newer one`,
    );
  }
  const result = manifestSchema.safeParse(value);
  if (!result.success) {
    const faults = result.error.issues.map((issue) => `${issue.path.join(".") || "(root)"}: ${issue.message}`);
    throw new ModelkeepError("invalid_manifest", `The manifest is not valid: ${faults.slice(0, 10).join("; ")}`, {
      details: { faults },
    });
  }
  const faults = manifestFaults(result.data);
  if (faults.length > 0)
    throw new ModelkeepError("invalid_manifest", `The manifest is not valid: ${faults.slice(0, 10).join("; ")}`, {
      details: { faults },
    });
  return result.data;
}

/** What the schema alone can't say: every path that is named exists once, chunk lists fit sizes, the first payload's path is no reserved one. */
function manifestFaults(manifest: Manifest): string[] {
  const faults: string[] = [];
  const paths = new Set(manifest.payloads.map((entry) => entry.path));
  try {
    checkPaths(["manifest.json", ...manifest.payloads.map((entry) => entry.path)]);
  } catch (error) {
    faults.push((error as Error).message);
  }
  for (const entry of manifest.payloads) {
    if (foldPath(entry.path).split("/", 1)[0] === "attestations")
      faults.push(`payloads: ${entry.path} lies in the reserved folder "attestations"`);
    if (entry.size >= chunkThreshold && entry.chunks === undefined)
      faults.push(`payloads: ${entry.path} has ${entry.size} bytes and no chunk digests`);
    if (entry.chunks !== undefined && entry.chunks.digests.length !== Math.ceil(entry.size / entry.chunks.size)) {
      faults.push(
        `payloads: ${entry.path} of ${entry.size} bytes needs ${Math.ceil(entry.size / entry.chunks.size)} chunk digests, not ${entry.chunks.digests.length}`,
      );
    }
  }
  if (contentDigest(manifest.payloads) !== manifest.content)
    faults.push("content: is not the content digest of the payloads");
  const names = new Set<string>();
  for (const entry of manifest.representations) {
    if (names.has(entry.name)) faults.push(`representations: ${JSON.stringify(entry.name)} is there twice`);
    names.add(entry.name);
    for (const each of entry.payloads)
      if (!paths.has(each)) faults.push(`representations: ${JSON.stringify(each)} is no payload`);
  }
  for (const entry of manifest.representations) {
    const from = entry.convertedFrom?.representation;
    if (from !== undefined && !names.has(from))
      faults.push(`representations: ${entry.name} is converted from ${JSON.stringify(from)}, which is not there`);
  }
  for (const each of manifest.samples === undefined ? [] : [manifest.samples.inputs, manifest.samples.outputs]) {
    if (!paths.has(each)) faults.push(`samples: ${JSON.stringify(each)} is no payload`);
  }
  return faults;
}

function throwing(check: (value: string) => unknown) {
  return (value: string, context: z.RefinementCtx) => {
    try {
      check(value);
    } catch (error) {
      if (!isModelkeepError(error)) throw error;
      context.addIssue({ code: "custom", message: error.message });
    }
  };
}
