import { type Flavor, isModelState } from "@modelkeep/core";

import type { Plugins } from "./options.js";
import { encodeModel, type Prepared, type PreparedModel, type RepresentationChoice } from "./representations.js";
import { sourcePayloads } from "./source-payload.js";

/**
 * Model files with what their flavor tells of them, and the further forms of the first one that were asked for. A file is
 * decoded only where a flavor or a converter that is installed can make something of it.
 */
export async function describeFileModel(
  plugins: Plugins,
  files: readonly Prepared[],
  choices: readonly (string | RepresentationChoice)[] | undefined,
): Promise<PreparedModel> {
  const [first, ...others] = files;
  const codec = plugins.codecs.find((each) => each.name === first?.representation.codec);
  const flavor = plugins.flavors.find((each) => each.name === first?.representation.flavor);
  if (first === undefined || codec === undefined || (choices === undefined && flavor === undefined))
    return { prepared: files, description: {} };
  const model = await thawed(await codec.decode(sourcePayloads(first.sources)), flavor);
  const description = flavor?.describe?.(model) ?? {};
  const original = { ...first, description };
  if (choices === undefined) return { prepared: [original, ...others], description };
  const further = await encodeModel(plugins, model, choices, original);
  return { ...further, prepared: [original, ...further.prepared, ...others] };
}

function thawed(decoded: unknown, flavor: Flavor | undefined): unknown {
  return flavor !== undefined && isModelState(decoded) ? flavor.thaw(decoded) : decoded;
}
