import { isDigest, isJsonObject, type Json, type JsonObject } from "@modelkeep/core";
import type { Metadata } from "@modelkeep/registry";

type Field = (value: Json) => Metadata | undefined;

/** By the names that people give these things. Each gives undefined for a value of another shape: it then goes to `extra`. */
const fields: ReadonlyMap<string, Field> = new Map<string, Field>([
  ...named("description notes comment", (value) => (isText(value) ? { description: value } : undefined)),
  ...named("author created_by trained_by owner", (value) => (isText(value) ? { author: authorOf(value) } : undefined)),
  ...named("trained training_date trained_at date_trained", (value) =>
    isText(value) && isTrained(value) ? { trained: value } : undefined,
  ),
  ...named("cv_scores cross_validation crossvalidation cv", (value) => {
    const scores = scoresOf(value);
    return scores === undefined ? undefined : { crossValidation: scores };
  }),
  ...named("licence license", (value) => (isText(value) ? { licence: value } : undefined)),
  ...named("metrics scores performance evaluation", (value) => {
    const metrics = numbersOf(value);
    return metrics === undefined ? undefined : { metrics };
  }),
  ...named("parameters params hyperparameters hyper_parameters hyperparams best_params", (value) =>
    isJsonObject(value) ? { parameters: value } : undefined,
  ),
  ...named("tags labels", (value) => {
    const tags = tagsOf(value);
    return tags === undefined ? undefined : { tags };
  }),
  ...named("git_commit git_sha commit git_hash", (value) =>
    isText(value) ? { source: { git: { commit: value } } } : undefined,
  ),
  ...named("run run_id", (value) => (isText(value) ? { source: { run: value } } : undefined)),
  ...named("dataset data training_data", (value) => dataOf(value)),
  ...named("library_versions libraries dependencies", (value) => {
    const requirements = requirementsOf(value);
    return requirements.length === 0 ? undefined : { requirements };
  }),
  ...["sklearn", "numpy", "joblib", "xgboost", "lightgbm", "tensorflow", "keras"].map((library): [string, Field] => [
    `${library}_version`,
    (value) => (isText(value) ? { requirements: requirementsOf({ [library]: value }) } : undefined),
  ]),
]);

/** What a `metadata.json` says, in the registry's words; what has no word there is kept under `extra`. */
export function readMetadata(values: JsonObject): Metadata {
  let metadata: Metadata = {};
  const extra: Record<string, Json> = {};
  for (const [key, value] of Object.entries(values)) {
    const known = fields.get(key.toLowerCase())?.(value);
    if (known === undefined) extra[key] = value;
    else metadata = joined(metadata, known);
  }
  return Object.keys(extra).length === 0 ? metadata : joined(metadata, { extra });
}

/** The second one wins, field by field of records. */
export function joined(first: Metadata, second: Metadata): Metadata {
  const result: Record<string, unknown> = { ...first };
  for (const [key, value] of Object.entries(second)) {
    const before = result[key];
    if (Array.isArray(before) && Array.isArray(value)) result[key] = [...before, ...value];
    else if (isJsonObject(before) && isJsonObject(value)) result[key] = joined(before, value);
    else result[key] = value;
  }
  return result;
}

/** { "scikit-learn": "1.9.1" } as requirements; none where anything is no version. Python itself is none. */
export function requirementsOf(value: Json | undefined): NonNullable<Metadata["requirements"]> {
  if (!isJsonObject(value)) return [];
  const libraries = Object.entries(value).filter(([name]) => name.toLowerCase() !== "python");
  return libraries.every((each): each is [string, string] => isText(each[1]))
    ? libraries.map(([name, version]) => ({ ecosystem: "pypi", name: packages.get(name) ?? name, version }))
    : [];
}

/** Modules that are called otherwise than their packages. */
const packages: ReadonlyMap<string, string> = new Map([["sklearn", "scikit-learn"]]);

/** Names with texts; undefined where there are none, or one is no scalar. */
export function tagsOf(value: Json | undefined): Record<string, string> | undefined {
  const tags = isJsonObject(value) ? Object.entries(value).map(([key, each]) => [key, scalarText(each)] as const) : [];
  return tags.length > 0 && tags.every((each): each is readonly [string, string] => each[1] !== undefined)
    ? Object.fromEntries(tags)
    : undefined;
}

function named(names: string, field: Field): [string, Field][] {
  return names.split(" ").map((name) => [name, field]);
}

/** Numbers of a record, nested ones under dotted names; undefined where anything is no number. */
function numbersOf(value: Json, prefix = ""): Record<string, number> | undefined {
  if (!isJsonObject(value)) return undefined;
  const found: Record<string, number> = {};
  for (const [key, each] of Object.entries(value)) {
    const name = prefix === "" ? key : `${prefix}.${key}`;
    if (typeof each === "number") found[name] = each;
    else {
      const inner = numbersOf(each, name);
      if (inner === undefined) return undefined;
      Object.assign(found, inner);
    }
  }
  return found;
}

/** Scores of folds by metric; those of one metric may come without its name. */
function scoresOf(value: Json): Record<string, number[]> | undefined {
  const found = Object.entries(isJsonObject(value) ? value : { score: value });
  return found.length > 0 && found.every((each): each is [string, number[]] => isNumbers(each[1]))
    ? Object.fromEntries(found)
    : undefined;
}

function isNumbers(value: Json): value is number[] {
  return Array.isArray(value) && value.length > 0 && value.every((each) => typeof each === "number");
}

/** A day, or a moment with its zone. */
function isTrained(text: string): boolean {
  return (
    /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/u.test(text) && !Number.isNaN(Date.parse(text))
  );
}

function dataOf(value: Json): Metadata | undefined {
  if (isText(value)) return { data: [{ name: value, role: "train" }] };
  if (!isJsonObject(value) || !isText(value["name"])) return undefined;
  const { name, digest, hash, sha256, rows, uri } = value;
  const found = [digest, hash, sha256].find(isText);
  const whole = found === undefined || isDigest(found) ? found : `sha256:${found.toLowerCase()}`;
  return {
    data: [
      {
        name,
        role: "train",
        ...(isDigest(whole) && { digest: whole }),
        ...(typeof rows === "number" && Number.isSafeInteger(rows) && rows >= 0 && { rows }),
        ...(isText(uri) && { uri }),
      },
    ],
  };
}

/** "Ada <ada@example.org>" or a name. */
export function authorOf(text: string): NonNullable<Metadata["author"]> {
  const match = /^(.*?)\s*<([^<>]+)>$/u.exec(text);
  return match === null ? { name: text } : { name: match[1]!, email: match[2]! };
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

function scalarText(value: Json): string | undefined {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean"
    ? String(value)
    : undefined;
}
