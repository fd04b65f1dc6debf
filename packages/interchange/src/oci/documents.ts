import { type Digest, isDigest, ModelkeepError, parseJson } from "@modelkeep/core";

import * as z from "zod";

const digest = z.custom<Digest>(isDigest, 'must be "sha256:" and 64 lower-case hexadecimal digits');
const texts = z.record(z.string(), z.string());

/** A pointer to a blob: media type, digest, size. */
export const descriptorSchema = z.looseObject({
  mediaType: z.string().min(1),
  digest,
  size: z.int().min(0),
  artifactType: z.string().optional(),
  annotations: texts.optional(),
});

export const layoutSchema = z.looseObject({ imageLayoutVersion: z.string() });

export const indexSchema = z.looseObject({
  schemaVersion: z.literal(2),
  mediaType: z.string().optional(),
  manifests: z.array(descriptorSchema),
});

export const manifestSchema = z.looseObject({
  schemaVersion: z.literal(2),
  mediaType: z.string().optional(),
  artifactType: z.string().optional(),
  config: descriptorSchema,
  layers: z.array(descriptorSchema),
  subject: descriptorSchema.optional(),
  annotations: texts.optional(),
});

const words = z.array(z.string()).optional();
const text = z.string().optional();

/** The artifact's configuration, as the specification's docs/config.md and schema/config-schema.json have it. Unknown fields are kept. */
export const modelConfigSchema = z.looseObject({
  descriptor: z.looseObject({
    createdAt: text,
    authors: words,
    vendor: text,
    family: text,
    name: text,
    version: text,
    title: text,
    description: text,
    docURL: text,
    sourceURL: text,
    datasetsURL: words,
    revision: text,
    licenses: words,
  }),
  config: z.looseObject({
    architecture: text,
    format: text,
    paramSize: text,
    precision: text,
    quantization: text,
    capabilities: z.looseObject({}).optional(),
  }),
  modelfs: z.looseObject({ type: z.string(), diffIds: z.array(z.string()) }),
});

/** The Kitfile of a ModelKit, which is its configuration. */
export const kitfileSchema = z.looseObject({
  manifestVersion: text,
  package: z.looseObject({ name: text, version: text, description: text, license: text, authors: words }).optional(),
  model: z
    .looseObject({
      name: text,
      path: text,
      framework: text,
      version: text,
      description: text,
      license: text,
      parameters: z.json().optional(),
    })
    .optional(),
});

export type Descriptor = z.infer<typeof descriptorSchema>;
export type ImageIndex = z.infer<typeof indexSchema>;
export type ImageManifest = z.infer<typeof manifestSchema>;
export type ModelConfig = z.infer<typeof modelConfigSchema>;
export type Kitfile = z.infer<typeof kitfileSchema>;

/** A JSON document as its schema has it, or `malformed` with what is wrong and where. */
export function parseDocument<T>(bytes: Uint8Array, schema: z.ZodType<T>, what: string): T {
  const result = schema.safeParse(parseJson(bytes, { what }));
  if (result.success) return result.data;
  const faults = result.error.issues.map((issue) => `${issue.path.join(".") || "(root)"}: ${issue.message}`);
  throw new ModelkeepError("malformed", `The ${what} is not valid: ${faults.slice(0, 5).join("; ")}`, {
    details: { faults },
  });
}
