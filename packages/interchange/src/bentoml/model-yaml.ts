import { isJsonObject, type JsonObject } from "@modelkeep/core";

import type { Metadata } from "@modelkeep/registry";

import { joined, readMetadata, requirementsOf, tagsOf } from "../metadata.js";
import { parseYaml } from "../read-yaml.js";

/** A `model.yaml` of BentoML, in the registry's words. */
export interface BentoModel {
  readonly name: string;
  readonly version: string;
  /** Milliseconds since 1970; undefined when it does not tell. */
  readonly created: number | undefined;
  readonly metadata: Metadata;
}

/** Undefined for what is no such file: one without a name and a version. */
export function readModelYaml(text: string): BentoModel | undefined {
  const whole = parseYaml(text);
  const name = whole?.["name"];
  const version = whole?.["version"];
  if (whole === undefined || !isName(name) || !isName(version)) return undefined;
  const created = typeof whole["creation_time"] === "string" ? whole["creation_time"] : undefined;
  const time = created === undefined ? Number.NaN : Date.parse(created.replace(" ", "T"));
  return {
    name: String(name),
    version: String(version),
    created: Number.isNaN(time) ? undefined : time,
    metadata: metadataOf(whole, { tag: `${name}:${version}`, ...(created !== undefined && { created }) }),
  };
}

function metadataOf(whole: JsonObject, known: JsonObject): Metadata {
  const { labels, metadata, module, signatures, options, api_version: apiVersion } = whole;
  const context = isJsonObject(whole["context"]) ? whole["context"] : {};
  const { framework_name: framework, framework_versions: versions, python_version: python } = context;
  const libraries = requirementsOf(versions);
  // Methods that can be called, with no types of what goes in.
  const facts: JsonObject = {
    ...known,
    ...filled({ version: context["bentoml_version"], module, api_version: apiVersion, framework, signatures, options }),
  };
  const tags = tagsOf(labels);
  const own: Metadata = {
    extra: { bentoml: { ...facts } },
    ...(tags !== undefined && { tags }),
    ...(libraries.length > 0 && { requirements: libraries }),
    ...(typeof python === "string" && { environment: { runtime: { name: "python", version: python } } }),
  };
  return joined(own, readMetadata(isJsonObject(metadata) ? metadata : {}));
}

/** Without what is empty: BentoML writes every field. */
function filled(values: Readonly<Record<string, JsonObject[string] | undefined>>): JsonObject {
  const isFull = ([, value]: [string, unknown]) =>
    value !== undefined && value !== null && value !== "" && !(isJsonObject(value) && Object.keys(value).length === 0);
  return Object.fromEntries(Object.entries(values).filter(isFull)) as JsonObject;
}

function isName(value: unknown): value is string | number {
  return (typeof value === "string" && value !== "") || typeof value === "number";
}
