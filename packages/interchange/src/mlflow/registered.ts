import { join } from "node:path";

import { compareCodePoints, isJsonObject, type JsonObject } from "@modelkeep/core";
import type { Metadata } from "@modelkeep/registry";

import { modelName } from "../folder/model-name.js";
import { joined } from "../metadata.js";
import type { ImportPlan, PlannedVersion } from "../plan.js";
import { child, descend, readText, type Tree } from "../read-tree.js";
import { readYaml } from "../read-yaml.js";

type Planned = Omit<PlannedVersion, "name" | "label">;

/**
 * The registered models of an MLflow file store (`mlruns/models/<name>/version-<n>/meta.yaml`), with aliases, stages, tags,
 * and the metrics and parameters of the runs they come from. Undefined where the folder is none.
 */
export async function registeredVersions(
  store: Tree,
  planModel: (folder: Tree) => Promise<Planned | undefined>,
): Promise<Pick<ImportPlan, "versions" | "left"> | undefined> {
  const models = child(store, "models")?.folders.filter((folder) => folder.files.includes("meta.yaml")) ?? [];
  if (models.length === 0) return undefined;
  const versions: PlannedVersion[] = [];
  const left: { path: string; reason: string }[] = [];
  for (const model of models) {
    const meta = (await readYaml(join(model.path, "meta.yaml"))) ?? {};
    const aliases = aliasesOf(meta["aliases"]);
    const numbered = model.folders
      .flatMap((folder) => {
        const number = /^version-(\d+)$/u.exec(folder.name)?.[1];
        return number === undefined ? [] : [{ folder, number: Number(number) }];
      })
      .toSorted((a, b) => a.number - b.number);
    for (const { folder, number } of numbered) {
      const about = (await readYaml(join(folder.path, "meta.yaml"))) ?? {};
      const place = artifactsOf(store, about);
      const planned = place === undefined ? undefined : await planModel(place);
      if (planned === undefined) {
        left.push({
          path: folder.relative,
          reason: `its files are not below this folder: ${text(about["source"]) ?? "no source"}`,
        });
        continue;
      }
      const stage = text(about["current_stage"])?.toLowerCase();
      versions.push({
        ...planned,
        name: modelName(text(meta["name"]) ?? model.name),
        label: `v${number}`,
        from: folder.relative,
        metadata: joined(await runMetadata(store, about), joined(planned.metadata, await ownMetadata(folder, about))),
        aliases: [
          ...aliases.filter((alias) => alias.version === number).map((alias) => alias.name),
          ...(stage === "production" || stage === "staging" ? [stage] : []),
        ],
      });
    }
  }
  return { versions: versions.toSorted((a, b) => compareCodePoints(a.name, b.name)), left };
}

/** Where a version's files lie: of a logged model, or of its run. */
function artifactsOf(store: Tree, about: JsonObject): Tree | undefined {
  const experiments = store.folders.filter((folder) => folder.name !== "models" && folder.files.includes("meta.yaml"));
  const id = text(about["model_id"]);
  for (const experiment of experiments) {
    const logged = id === undefined ? undefined : descend(experiment, ["models", id, "artifacts"]);
    if (logged !== undefined) return logged;
  }
  const run = text(about["run_id"]);
  const source = text(about["source"]) ?? text(about["storage_location"]) ?? "";
  const path = run === undefined ? undefined : source.split(`/${run}/`)[1];
  if (run === undefined || path === undefined) return undefined;
  for (const experiment of experiments) {
    const found = descend(experiment, [run, ...path.split("/")]);
    if (found !== undefined) return found;
  }
  return undefined;
}

async function runMetadata(store: Tree, about: JsonObject): Promise<Metadata> {
  const id = text(about["run_id"]);
  const run = store.folders
    .map((experiment) => (id === undefined ? undefined : child(experiment, id)))
    .find((each) => each !== undefined);
  if (id === undefined || run === undefined) return {};
  const metrics: Record<string, number> = {};
  for (const [name, content] of await filesOf(child(run, "metrics"))) {
    // "timestamp value step", a line for each time it was logged: the last one counts.
    const value = Number(content.trim().split("\n").at(-1)?.split(" ")[1]);
    if (Number.isFinite(value)) metrics[name] = value;
  }
  const parameters = Object.fromEntries(
    (await filesOf(child(run, "params"))).map(([name, value]) => [name, scalar(value)]),
  );
  return {
    source: { run: id },
    ...(Object.keys(metrics).length > 0 && { metrics }),
    ...(Object.keys(parameters).length > 0 && { parameters }),
  };
}

async function ownMetadata(folder: Tree, about: JsonObject): Promise<Metadata> {
  const tags = Object.fromEntries(await filesOf(child(folder, "tags")));
  const description = text(about["description"]);
  return { ...(Object.keys(tags).length > 0 && { tags }), ...(description !== undefined && { description }) };
}

async function filesOf(folder: Tree | undefined): Promise<(readonly [string, string])[]> {
  const names = folder?.files ?? [];
  return Promise.all(names.map(async (name) => [name, (await readText(join(folder!.path, name))) ?? ""] as const));
}

/** MLflow writes them as a record, and once wrote a list. */
function aliasesOf(value: unknown): { readonly name: string; readonly version: number }[] {
  const pairs: [unknown, unknown][] = Array.isArray(value)
    ? value.filter(isJsonObject).map((each) => [each["alias"], each["version"]])
    : Object.entries(isJsonObject(value) ? value : {});
  return pairs.flatMap(([name, version]) => (typeof name === "string" ? [{ name, version: Number(version) }] : []));
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function scalar(value: string): string | number {
  const number = Number(value);
  return value.trim() !== "" && Number.isFinite(number) ? number : value;
}
