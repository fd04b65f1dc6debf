import type { Fitted } from "../../fitted/fitted.js";
import { asEntries, asList, asScalar, asScalars } from "../../fitted/python-value.js";

/**
 * Names of the columns of the table that a ColumnTransformer was fitted on. Versions before 0.24 did not keep them all:
 * then the names that its transformers choose, in their order, stand for the table.
 */
export function columnNames(fitted: Fitted): readonly string[] | undefined {
  for (const attribute of ["feature_names_in_", "_feature_names_in", "_df_columns"]) {
    const names = texts(asScalars(fitted.raw(attribute))) ?? indexNames(fitted, attribute);
    if (names !== undefined) return names;
  }
  const chosen = new Set<string>();
  for (const item of asList(fitted.raw("transformers_")) ?? []) {
    const columns = asList(item)?.[2];
    const single = asScalar(columns);
    const names = typeof single === "string" ? [single] : texts(asScalars(columns));
    for (const name of names ?? []) chosen.add(name);
  }
  return chosen.size === 0 ? undefined : [...chosen];
}

/** A pandas Index: made by a function of its class and a dict of its parts. */
function indexNames(fitted: Fitted, attribute: string): readonly string[] | undefined {
  if (!fitted.isSet(attribute)) return undefined;
  const object = fitted.child(fitted.raw(attribute), attribute, attribute).object;
  const parts = new Map(object.args.flatMap((argument) => asEntries(argument) ?? []));
  return texts(asScalars(parts.get("data")));
}

function texts(values: readonly unknown[] | undefined): readonly string[] | undefined {
  const all = values?.every((value): value is string => typeof value === "string") === true;
  return all && values.length > 0 ? values : undefined;
}
