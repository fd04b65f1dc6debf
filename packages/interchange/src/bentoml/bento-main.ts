import { shallowest } from "../model-file.js";
import type { ModelFiles } from "../model-files.js";
import { mlmodelOf } from "../mlflow/model-file.js";
import { parseYaml } from "../read-yaml.js";

/**
 * The file that is the model: `saved_model.*`, as BentoML's own modules call it; the one that the MLmodel of an MLflow model
 * names; else the likeliest, of those that lie the least deep.
 */
export async function bentoMain(files: ModelFiles): Promise<string | undefined> {
  const candidates = files.paths.filter((path) => path !== "model.yaml" && path !== "custom_objects.pkl");
  const saved = candidates.find((path) => /^saved_model\.[^/]+$/u.test(path));
  if (saved !== undefined) return saved;
  for (const path of candidates.filter((each) => each.endsWith("/MLmodel"))) {
    const main = mlmodelOf(parseYaml((await files.read(path)) ?? "") ?? {})?.main?.path;
    const folder = path.slice(0, -"MLmodel".length);
    const own = candidates.filter((each) => each === `${folder}${main}` || each.startsWith(`${folder}${main}/`));
    if (main !== undefined && own.length > 0) return own.find((each) => each.endsWith("/saved_model.pb")) ?? own[0];
  }
  return shallowest(candidates);
}
