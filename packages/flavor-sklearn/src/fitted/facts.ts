import { columnNames } from "../estimators/compose/column-names.js";
import type { Fitted } from "./fitted.js";
import {
  asDType,
  asEntries,
  asGlobal,
  asList,
  asObject,
  asScalar,
  asScalars,
  asShape,
  type PythonValue,
} from "./python-value.js";

/** What the file says about the model without predicting anything. */
export interface ModelFacts {
  /** "sklearn.pipeline.Pipeline". */
  readonly modelClass: string;
  /** As noted when the model was saved: "scikit-learn". */
  readonly versions: Readonly<Record<string, string>>;
  /** Arguments of the constructors, nested estimators under their names: "clf__C". */
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly steps: readonly {
    readonly name: string;
    readonly type: string;
    readonly parameters: Readonly<Record<string, unknown>>;
  }[];
  readonly featureNames?: readonly string[];
  readonly featureCount?: number;
  /** Trained numbers: elements of fitted arrays, and of trees their thresholds and leaf values. */
  readonly parameterCount: number;
}

export function readFacts(fitted: Fitted): ModelFacts {
  const featureNames = inherited(fitted, (each) => {
    if (each.name === "ColumnTransformer") return columnNames(each);
    const names = each.has("feature_names_in_") ? asScalars(each.raw("feature_names_in_")) : undefined;
    return names?.every((name) => typeof name === "string") === true ? names : undefined;
  });
  const featureCount = inherited(fitted, (each) => {
    // Of an eliminator n_features_ is what it has left over.
    const old = each.has("support_") ? [] : ["n_features_", "_n_features"];
    for (const attribute of ["n_features_in_", ...old]) {
      const count = asScalar(each.raw(attribute));
      if (typeof count === "number" && Number.isSafeInteger(count) && count > 0) return count;
    }
    return undefined;
  });
  const steps = stepsOf(fitted);
  return {
    modelClass: fitted.path,
    versions: versionsOf(fitted),
    parameters: parametersOf(fitted),
    steps: steps.map(([name, step]) => ({ name, type: step.path, parameters: parametersOf(step) })),
    ...(featureNames === undefined ? {} : { featureNames }),
    ...(featureCount === undefined ? {} : { featureCount: featureNames?.length ?? featureCount }),
    parameterCount: countParameters(fitted),
  };
}

/** What the estimator says, or the first one within that gets the same input. */
function inherited<T>(fitted: Fitted, read: (fitted: Fitted) => T | undefined, depth = 0): T | undefined {
  const own = read(fitted);
  if (own !== undefined || depth > 20) return own;
  const first = stepsOf(fitted)[0]?.[1] ?? innerEstimator(fitted);
  return first === undefined ? undefined : inherited(first, read, depth + 1);
}

function innerEstimator(fitted: Fitted): Fitted | undefined {
  if (fitted.has("support_")) return undefined;
  for (const attribute of ["best_estimator_", "estimator_", "regressor_"]) {
    const object = asObject(fitted.raw(attribute));
    if (object !== undefined) return fitted.child(object, attribute, attribute);
  }
  const list = asList(fitted.raw("estimators_")) ?? [];
  const first = asObject(list[0]);
  const whole = !fitted.has("estimators_features_") && first !== undefined;
  return whole ? fitted.child(first, "estimators_", "estimators_") : undefined;
}

/** Named steps of a pipeline or transformers of a union: those that get the input themselves only for the first. */
function stepsOf(fitted: Fitted): [string, Fitted][] {
  const steps: [string, Fitted][] = [];
  const attribute = fitted.name === "FeatureUnion" ? "transformer_list" : "steps";
  for (const item of asList(fitted.raw(attribute)) ?? []) {
    const [name, value] = asList(item) ?? [];
    const [text, object] = [asScalar(name), asObject(value)];
    if (typeof text === "string" && object !== undefined)
      steps.push([text, fitted.child(object, `step ${JSON.stringify(text)}`, attribute)]);
  }
  return steps;
}

function versionsOf(fitted: Fitted): Record<string, string> {
  const found = inherited(fitted, (each) => each.version);
  return found === undefined ? {} : { "scikit-learn": found };
}

/** What fit() sets ends in an underscore or begins with one; the rest are the constructor's arguments. */
function parametersOf(fitted: Fitted): Record<string, unknown> {
  const parameters: Record<string, unknown> = {};
  const add = (owner: Fitted, prefix: string, depth: number): void => {
    for (const [name, value] of owner.object.attributes()) {
      if (name.endsWith("_") || name.startsWith("_")) continue;
      const nested = asObject(value);
      const described = plain(value);
      if (described !== undefined) parameters[`${prefix}${name}`] = described;
      else if (nested !== undefined && asEntries(value) === undefined) {
        parameters[`${prefix}${name}`] = nested.type.path;
        if (depth < 4) add(owner.child(value, name, name), `${prefix}${name}__`, depth + 1);
      }
    }
    for (const [name, step] of depth < 4 ? stepsOf(owner) : []) {
      parameters[`${prefix}${name}`] = step.path;
      add(step, `${prefix}${name}__`, depth + 1);
    }
  };
  add(fitted, "", 0);
  return parameters;
}

/** JSON of a small value; undefined for what is none. */
function plain(value: PythonValue): unknown {
  const scalar = asScalar(value);
  if (scalar !== undefined) {
    if (typeof scalar === "bigint") return scalar.toString();
    return typeof scalar === "number" && !Number.isFinite(scalar) ? String(scalar) : scalar;
  }
  const name = asGlobal(value);
  if (name !== undefined) return name;
  const list = asScalars(value);
  return list !== undefined && list.length <= 64 ? list.map((each) => plain(each)) : undefined;
}

/** Each array counts once, however often it is referred to. */
function countParameters(fitted: Fitted): number {
  const seen = new Set<unknown>();
  let count = 0;
  const open: PythonValue[] = [fitted.object];
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (typeof value !== "object" || value === null || seen.has(value)) continue;
    seen.add(value);
    const object = asObject(value);
    if (object === undefined) {
      const shape = asShape(value);
      const counted = shape !== undefined && isNumeric(value);
      if (counted) count += shape.reduce((product, size) => product * size, 1);
      else for (const item of asList(value) ?? []) open.push(item);
      for (const [, item] of asEntries(value) ?? []) open.push(item);
      continue;
    }
    if (object.type.name === "Tree") {
      count += treeParameters(object.attribute("nodes"), object.attribute("values"));
      continue;
    }
    for (const [name, item] of object.attributes()) {
      // Fitted state only: not the arguments, not what a search has tried, not the training data's copies.
      const fittedPart =
        name.endsWith("_") ||
        name.startsWith("_") ||
        ["steps", "calibrators", "estimator", "base_estimator"].includes(name);
      if (fittedPart && !ignored.has(name)) open.push(item);
    }
  }
  return count;
}

const ignored = new Set([
  "cv_results_",
  "n_features_in_",
  "feature_names_in_",
  "classes_",
  "random_state_",
  "_random_state",
  "labels_",
  "train_score_",
  "validation_score_",
  "loss_curve_",
  "n_iter_",
  "_seeds",
  "estimators_samples_",
  "_sample_indices",
]);

function isNumeric(value: PythonValue): boolean {
  const dtype = asDType(value);
  return dtype !== undefined && /^(float|int|uint|bool)/u.test(dtype);
}

/** A threshold for each comparison and the values of each leaf. */
function treeParameters(nodes: PythonValue | undefined, values: PythonValue | undefined): number {
  const count = asShape(nodes)?.[0] ?? 0;
  const stride = (asShape(values) ?? []).slice(1).reduce((product, size) => product * size, 1);
  const leaves = Math.ceil(count / 2);
  return count - leaves + leaves * stride;
}
