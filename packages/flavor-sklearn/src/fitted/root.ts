import { ModelkeepError } from "@modelkeep/core";

import { Fitted } from "./fitted.js";
import { asEntries, asList, asObject, asSparseRows, describeValue, type PythonValue } from "./python-value.js";

/**
 * The estimator that a file holds: its top object, or the only one in a dict, list or tuple around it, as people often
 * save it. `unsupported` when there is none, or several.
 */
export function findRoot(
  value: PythonValue,
  isEstimator: (path: string) => boolean,
): { fitted: Fitted; note?: string } {
  const object = asObject(value);
  if (object !== undefined && asEntries(value) === undefined) {
    asSparseRows(value);
    if (object.type.path.startsWith("scipy.")) throw noModel(value);
    return { fitted: new Fitted(object) };
  }
  const found = members(value).filter(([, member]) => {
    const inner = asObject(member);
    return inner !== undefined && isEstimator(inner.type.path);
  });
  // Preprocessing kept beside a model cannot be told from it: the caller must choose.
  if (found.length !== 1) {
    if (found.length === 0) throw noModel(value);
    const names = found.map(([name]) => name).join(", ");
    throw new ModelkeepError(
      "unsupported",
      `[sklearn] The file holds several estimators (${names}), and nothing says how they work together. Put them into one Pipeline and save that`,
    );
  }
  const [name, member] = found[0]!;
  return { fitted: new Fitted(asObject(member)!), note: `The model is the entry ${name} of ${describeValue(value)}` };
}

function members(value: PythonValue): [string, PythonValue][] {
  const entries = asEntries(value)?.map(([name, member]): [string, PythonValue] => [JSON.stringify(name), member]);
  return entries ?? (asList(value) ?? []).map((member, index) => [String(index), member]);
}

function noModel(value: PythonValue): ModelkeepError {
  return new ModelkeepError(
    "unsupported",
    `[sklearn] The file holds ${describeValue(value)}, not an estimator of scikit-learn: there is no model to convert`,
  );
}
