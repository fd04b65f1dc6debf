import { type Flavor, isModelState } from "@modelkeep/core";

import type { Plugins } from "./options.js";
import { encodeModel, type Prepared, type PreparedModel, type RepresentationChoice } from "./representations.js";
import { sourcePayloads } from "./source-payload.js";

/**
 * What a model file tells beyond its own signature, and the further forms that were asked for. The file is decoded only
 * where a flavor or a converter that is installed can make something of it.
 */
export async function describeFileModel(
  plugins: Plugins,
  prepared: readonly Prepared[],
  choices: readonly (string | RepresentationChoice)[] | undefined,
): Promise<PreparedModel> {
  const [original] = prepared;
  const { codec: name, flavor: flavorName } = original?.representation ?? {};
  const codec = plugins.codecs.find((each) => each.name === name);
  const flavor = plugins.flavors.find((each) => each.name === flavorName);
  if (original === undefined || codec === undefined || (choices === undefined && flavor === undefined))
    return { prepared: [], description: {} };
  const model = await thawed(await codec.decode(sourcePayloads(original.sources)), flavor);
  if (choices !== undefined) return encodeModel(plugins, model, choices, original);
  return { prepared: [], description: flavor?.describe?.(model) ?? {} };
}

function thawed(decoded: unknown, flavor: Flavor | undefined): unknown {
  return flavor !== undefined && isModelState(decoded) ? flavor.thaw(decoded) : decoded;
}
