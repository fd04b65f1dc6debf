import { join } from "node:path";

import { joined, readMetadata } from "../metadata.js";
import { companionRole, isModelFile, stemOf } from "../model-file.js";
import type { PlannedVersion } from "../plan.js";
import type { Tree } from "../read-tree.js";
import { readDescriptions } from "./descriptions.js";
import { type Found, leftOver, pathOf } from "./found.js";
import { modelName } from "./model-name.js";
import { compareVersionNames, versionInName } from "./version-name.js";

/** Files of one folder that carry their versions in their names. */
export async function versionedFiles(tree: Tree): Promise<Found> {
  const named = tree.files
    .filter(isModelFile)
    .flatMap((file) => {
      const found = versionInName(stemOf(file));
      return found === undefined ? [] : [{ file, ...found }];
    })
    .toSorted(compareVersionNames);
  if (named.length === 0) return { versions: [], left: [] };
  const descriptions = await readDescriptions(tree);
  // "scaler_v2.joblib" goes with "churn_v2.joblib": one unit.
  const models = named.filter(({ file, name }) => companionRole(name === "" ? file : name) === "attachment");
  const parts = named.filter((each) => !models.includes(each));
  const taken = new Set<string>(descriptions.files);
  const versions = models.map((model): PlannedVersion => {
    const alone = models.filter((each) => each.label === model.label).length === 1;
    const companions = alone ? parts.filter((part) => part.label === model.label) : [];
    for (const { file } of [model, ...companions]) taken.add(file);
    const own = descriptions.of(model, model.file);
    const metadata = joined(readMetadata(descriptions.common), readMetadata(own ?? {}));
    const active = descriptions.isActive(model, model.file);
    return {
      name: modelName(model.name === "" ? tree.name : model.name),
      label: model.label,
      from: pathOf(tree, model.file),
      files: [
        { file: join(tree.path, model.file), path: model.file, role: "model" },
        ...companions.map(({ file }) => ({ file: join(tree.path, file), path: file, role: companionRole(file) })),
      ],
      metadata: model.date === undefined ? metadata : joined({ extra: { date: model.date } }, metadata),
      aliases: active ? ["production"] : [],
      notes:
        own === undefined && descriptions.files.length > 0
          ? [`${descriptions.files.join(", ")} does not tell of it`]
          : [],
    };
  });
  return { versions, left: leftOver(tree, taken) };
}
