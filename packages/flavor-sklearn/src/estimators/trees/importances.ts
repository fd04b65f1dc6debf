import type { Fitted } from "../../fitted/fitted.js";
import { asRecordColumn } from "../../fitted/python-value.js";
import { readTree } from "./tree.js";

/** `feature_importances_`, which scikit-learn computes from the trees: how much each column lowered the impurity. */
export function featureImportances(estimator: Fitted): number[] {
  if (estimator.has("tree_")) return normalized(treeImportances(estimator));
  if (!estimator.has("estimators_"))
    throw estimator.unsupported(
      "feature_importances_",
      `${estimator.name} keeps neither coefficients nor trees that tell importances`,
    );
  const trees = estimator.estimators("estimators_", (index) => `tree ${index}`);
  const boosted = estimator.name.startsWith("GradientBoosting");
  const sums: number[] = [];
  for (const tree of trees) {
    const own = treeImportances(tree);
    (boosted ? own : normalized(own)).forEach((value, column) => {
      sums[column] = (sums[column] ?? 0) + value;
    });
  }
  return normalized(sums);
}

function treeImportances(owner: Fitted): number[] {
  const { tree, features } = readTree(owner);
  const nodes = owner.estimator("tree_", "tree").raw("nodes");
  const impurity = asRecordColumn(nodes, "impurity")?.data;
  const weight = asRecordColumn(nodes, "weighted_n_node_samples")?.data;
  if (impurity === undefined || weight === undefined || features > 1_000_000)
    throw owner.wrong("tree_", "tells no impurities");
  const sums = new Array<number>(features).fill(0);
  for (let node = 0; node < tree.left.length; node++) {
    const [left, right] = [tree.left[node]!, tree.right[node]!];
    if (left < 0) continue;
    const part = (each: number) => weight[each]! * impurity[each]!;
    sums[tree.feature[node]!]! += part(node) - part(left) - part(right);
  }
  return sums.map((sum) => sum / weight[0]!);
}

function normalized(values: readonly number[]): number[] {
  const sum = values.reduce((total, value) => total + value, 0);
  return sum > 0 ? values.map((value) => value / sum) : [...values];
}
