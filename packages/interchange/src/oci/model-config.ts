import { type Digest, isJsonObject, type JsonObject, type Manifest } from "@modelkeep/core";

import type { ArtifactOptions } from "./artifact.js";

export interface WrittenConfig {
  readonly descriptor: {
    readonly createdAt: string;
    readonly authors?: readonly string[];
    readonly name?: string;
    readonly version?: string;
    readonly description?: string;
    readonly sourceURL?: string;
    readonly datasetsURL?: readonly string[];
    readonly revision?: string;
    readonly licenses?: readonly string[];
    readonly [more: string]: unknown;
  };
  readonly config: JsonObject;
  readonly modelfs: { readonly type: "layers"; readonly diffIds: readonly Digest[] };
}

/** Formats that the specification calls otherwise than our codecs. */
const formats: Readonly<Record<string, string>> = { torch: "pt" };

/**
 * What the manifest knows, in ModelPack's words. What an artifact of others said and no field here holds (family, vendor,
 * precision …) was kept when it was imported, and is said again.
 */
export function modelConfig(
  manifest: Manifest,
  { name = manifest.name, version, diffIds }: ArtifactOptions & { readonly diffIds: readonly Digest[] },
): WrittenConfig {
  const { created, author, description, licence, source, data = [], pipeline, representations } = manifest;
  const before = manifest.extra?.["modelpack"];
  const kept = isJsonObject(before) ? before : {};
  const git = source?.git;
  const datasetsURL = data.flatMap(({ uri }) => (uri === undefined ? [] : [uri]));
  const [first] = representations;
  const format = first === undefined || first.codec === "opaque" ? undefined : (formats[first.codec] ?? first.codec);
  const paramSize = scaled(representations.find((each) => each.parameterCount !== undefined)?.parameterCount);
  const architecture = pipeline?.steps.at(-1)?.type;
  const written = {
    createdAt: created,
    ...(author !== undefined && {
      authors: [author.email === undefined ? author.name : `${author.name} <${author.email}>`],
    }),
    ...(name !== undefined && { name }),
    ...(version !== undefined && { version }),
    ...(description !== undefined && { description }),
    ...(git?.remote !== undefined && { sourceURL: git.remote }),
    ...(datasetsURL.length > 0 && { datasetsURL }),
    ...(git !== undefined && { revision: git.commit }),
    ...(licence !== undefined && { licenses: [licence] }),
  };
  return {
    descriptor: { ...recordOf(kept["descriptor"], descriptorFields), ...written },
    config: {
      ...(architecture !== undefined && { architecture }),
      ...(format !== undefined && { format }),
      ...(paramSize !== undefined && { paramSize }),
      ...recordOf(kept["config"], configFields),
    },
    modelfs: { type: "layers", diffIds },
  };
}

/** The specification's schema allows these and no others. */
const descriptorFields = [
  "vendor",
  "family",
  "title",
  "docURL",
  "sourceURL",
  "authors",
  "licenses",
  "revision",
  "datasetsURL",
];
const configFields = ["architecture", "format", "paramSize", "precision", "quantization", "capabilities"];

function recordOf(value: unknown, fields: readonly string[]): JsonObject {
  const known = Object.entries(isJsonObject(value) ? value : {}).filter(([key]) => fields.includes(key));
  return Object.fromEntries(known);
}

/** "1.2k", "6.7b": with one digit after the point at most. Undefined below what one digit can say. */
function scaled(count: number | undefined): string | undefined {
  if (count === undefined) return undefined;
  for (const [index, letter] of ["k", "m", "b", "t", "q"].entries()) {
    const value = Math.round(count / 10 ** (3 * index + 2)) / 10;
    if (value < 1000 || letter === "q") return value === 0 ? undefined : `${value}${letter}`;
  }
  return undefined;
}
