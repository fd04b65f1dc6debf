import { isJsonObject, type Json } from "@modelkeep/core";
import type { Metadata } from "@modelkeep/registry";

import { authorOf, joined } from "../metadata.js";
import type { Kitfile, ModelConfig } from "./documents.js";

/** What is known of an artifact of others, in the registry's words. */
export interface ForeignModel {
  readonly name: string | undefined;
  readonly version: string | undefined;
  readonly metadata: Metadata;
}

/** A ModelPack configuration. All of it is kept under `extra.modelpack`, and is written again by an export. */
export function modelOfConfig({ descriptor, config }: ModelConfig): ForeignModel {
  const { name, version, description, authors = [], licenses = [], sourceURL, revision, datasetsURL = [] } = descriptor;
  const { family } = descriptor;
  const { architecture, format, paramSize, precision, quantization } = config;
  const tags = { family, architecture, format, paramSize, precision, quantization };
  const named = Object.entries(tags).filter((entry): entry is [string, string] => isText(entry[1]));
  return {
    name: isText(name) ? name : undefined,
    version: isText(version) ? version : undefined,
    metadata: {
      ...(isText(description) && { description }),
      ...authorsOf(authors),
      ...(licenses.length > 0 && { licence: licenses.join(" AND ") }),
      ...(named.length > 0 && { tags: Object.fromEntries(named) }),
      ...(isText(revision) && {
        source: { git: { commit: revision, ...(isText(sourceURL) && { remote: sourceURL }) } },
      }),
      ...(datasetsURL.length > 0 && { data: datasetsURL.map((uri) => ({ name: uri, role: "train", uri })) }),
      extra: { modelpack: { descriptor, config } as unknown as Json },
    },
  };
}

/** The Kitfile of a ModelKit. All of it is kept under `extra.kitfile`. */
export function modelOfKitfile(kitfile: Kitfile): ForeignModel {
  const { package: kit = {}, model = {} } = kitfile;
  const description = kit.description ?? model.description;
  const licence = kit.license ?? model.license;
  const { framework, parameters } = model;
  return {
    name: [model.name, kit.name].find(isText),
    version: [kit.version, model.version].find(isText),
    metadata: {
      ...(isText(description) && { description }),
      ...authorsOf(kit.authors ?? []),
      ...(isText(licence) && { licence }),
      ...(isText(framework) && { tags: { framework } }),
      ...(isJsonObject(parameters) && { parameters }),
      extra: { kitfile: kitfile as unknown as Json },
    },
  };
}

/** The first one is the author; the others are named beside. */
function authorsOf([first, ...others]: readonly string[]): Metadata {
  if (!isText(first)) return {};
  const author = { author: authorOf(first) };
  return others.length === 0 ? author : joined(author, { extra: { authors: [first, ...others] } });
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
