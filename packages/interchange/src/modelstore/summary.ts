import { isJsonObject, isModelkeepError, type JsonObject, parseJson } from "@modelkeep/core";
import type { Metadata } from "@modelkeep/registry";

import { joined, readMetadata, requirementsOf } from "../metadata.js";

/** What modelstore writes of a model when it is uploaded, in the registry's words. */
export interface Summary {
  readonly domain: string;
  readonly id: string;
  /** As it writes it: "2026/11/28/05:01:27", in the time of the machine. Sorts as text. */
  readonly created: string;
  /** Where the archive lies, below `operatorai-model-store`. */
  readonly archive: string | undefined;
  readonly metadata: Metadata;
}

/** Undefined for what is no such file. */
export function readSummary(text: string): Summary | undefined {
  const whole = recordOf(text);
  const model = record(whole?.["model"]);
  const domain = model["domain"];
  const id = model["model_id"];
  if (whole === undefined || !isText(domain) || !isText(id)) return undefined;
  // "meta" in early versions.
  const code = record(whole["code"] ?? whole["meta"]);
  const storage = record(whole["storage"]);
  const path = isText(storage["path"]) ? storage["path"] : undefined;
  const place = path?.replaceAll("\\", "/").split("operatorai-model-store/");
  return {
    domain,
    id,
    created: isText(code["created"]) ? code["created"] : "",
    archive: place === undefined || place.length < 2 ? undefined : place.at(-1),
    metadata: metadataOf(whole, model, code),
  };
}

function metadataOf(whole: JsonObject, model: JsonObject, code: JsonObject): Metadata {
  const { runtime, user, created, dependencies } = code;
  const { model_type: type, parameters, data } = model;
  const python = isText(runtime) ? /^python:(.+)$/u.exec(runtime)?.[1] : undefined;
  const requirements = requirementsOf(dependencies).filter(({ name }) => !tools.has(name));
  const git = gitOf(record(code["git"]));
  const facts: JsonObject = {
    model: model["model_id"]!,
    ...(whole["modelstore"] !== undefined && { version: whole["modelstore"] }),
    ...(created !== undefined && { created }),
    ...(type !== undefined && { type }),
    ...(data !== undefined && { data }),
  };
  const own: Metadata = {
    extra: { modelstore: { ...facts } },
    ...(isText(user) && { author: { name: user } }),
    ...(isJsonObject(parameters) && Object.keys(parameters).length > 0 && { parameters }),
    ...(requirements.length > 0 && { requirements }),
    ...(python !== undefined && { environment: { runtime: { name: "python", version: python } } }),
    ...(git !== undefined && { source: { git } }),
  };
  return joined(own, readMetadata(record(whole["extra"])));
}

/** Listed with every model, and not what runs it. */
const tools: ReadonlySet<string> = new Set(["pip", "setuptools"]);

/** `repository` is a name only: no remote. */
function gitOf({ sha, branch, local_changes: dirty }: JsonObject): NonNullable<Metadata["source"]>["git"] {
  if (!isText(sha)) return undefined;
  return { commit: sha, ...(isText(branch) && { branch }), ...(typeof dirty === "boolean" && { dirty }) };
}

function recordOf(text: string): JsonObject | undefined {
  try {
    const value = parseJson(new TextEncoder().encode(text), { what: "summary" });
    return isJsonObject(value) ? value : undefined;
  } catch (error) {
    if (isModelkeepError(error)) return undefined;
    throw error;
  }
}

function record(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {};
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
