import { type Codec, type Flavor, isModelkeepError, isModelState } from "@modelkeep/core";

import type { Plugins } from "./options.js";
import {
  encodeModel,
  type NotMade,
  type Prepared,
  type PreparedModel,
  type RepresentationChoice,
} from "./representations.js";
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
  const { decoded, notMade } = await decode(codec, first, choices ?? []);
  if (notMade !== undefined) return { prepared: files, notMade, description: {} };
  const model = await thawed(decoded, flavor);
  const description = flavor?.describe?.(model) ?? {};
  const original = { ...first, description };
  if (choices === undefined) return { prepared: [original, ...others], description };
  const further = await encodeModel(plugins, model, choices, original);
  return { ...further, prepared: [original, ...further.prepared, ...others] };
}

/**
 * What is in the file. Where every further form is optional, one that holds something unknown is kept without them, and why is
 * told; one that is malformed or dangerous is not.
 */
async function decode(
  codec: Codec,
  file: Prepared,
  choices: readonly (string | RepresentationChoice)[],
): Promise<{ readonly decoded?: unknown; readonly notMade?: readonly NotMade[] }> {
  try {
    return { decoded: await codec.decode(sourcePayloads(file.sources)) };
  } catch (error) {
    if (!isModelkeepError(error) || (error.code !== "unsupported" && error.details["dangerous"] !== false)) throw error;
    const optional = choices.flatMap((each) =>
      typeof each === "object" && each.optional === true ? [each.codec] : [],
    );
    if (choices.length === 0 || optional.length < choices.length) throw error;
    return { notMade: optional.map((name) => ({ codec: name, code: error.code, message: error.message })) };
  }
}

function thawed(decoded: unknown, flavor: Flavor | undefined): unknown {
  return flavor !== undefined && isModelState(decoded) ? flavor.thaw(decoded) : decoded;
}
