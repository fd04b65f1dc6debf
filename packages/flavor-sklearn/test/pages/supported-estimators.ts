import { estimators } from "../../src/estimators/registry.js";

/** Versions of scikit-learn in which classes appeared, for those that came after 0.20. */
const appeared: Readonly<Record<string, string>> = {
  CategoricalNB: "0.22",
  FixedThresholdClassifier: "1.5",
  FrozenEstimator: "1.6",
  GammaRegressor: "0.23",
  HalvingGridSearchCV: "0.24",
  HalvingRandomSearchCV: "0.24",
  HistGradientBoostingClassifier: "0.21",
  HistGradientBoostingRegressor: "0.21",
  PoissonRegressor: "0.23",
  QuantileRegressor: "1.0",
  SequentialFeatureSelector: "0.24",
  StackingClassifier: "0.22",
  StackingRegressor: "0.22",
  TargetEncoder: "1.3",
  TunedThresholdClassifierCV: "1.5",
  TweedieRegressor: "0.23",
  VotingRegressor: "0.21",
};

const exactness = { bits: "to the last bit", bounded: "within 1e-12", "as its parts": "as its parts" } as const;

/** `docs/supported-estimators.md`. */
export function supportedEstimatorsPage(): string {
  const rows = [...estimators]
    .toSorted((a, b) =>
      a.modules[0]! < b.modules[0]! ? -1 : a.modules[0]! > b.modules[0]! ? 1 : a.name < b.name ? -1 : 1,
    )
    .map(({ name, modules, facts }) => {
      const home = modules[0]!
        .split(".")
        .filter((part) => !part.startsWith("_"))
        .join(".");
      const since = appeared[name] ?? "0.20";
      return `| ${home}.**${name}** | ${since} | ${exactness[facts.exactness]} | ${facts.limits ?? ""} |`;
    });
  return `<!-- Written by packages/flavor-sklearn/test/pages/supported-estimators.test.ts from the registry of estimators: change it there, then run that test with -u. -->

# Estimators of scikit-learn that become ONNX

[@modelkeep/flavor-sklearn](../packages/flavor-sklearn/README.md) converts these ${rows.length} classes, alone and within each other,
as scikit-learn from the named version up to 1.9 pickles them. Everything is computed in float64.

- **to the last bit**: the ONNX model gives the same doubles as scikit-learn, provided that what reaches the estimator is the same.
- **within 1e-12**: labels are the same; numbers differ by at most 1e-12 x max(1, |b|), since products of matrices are summed in
  another order and exp or log may round another way. Two scores that are closer to each other than that may change places.
- **as its parts**: what the estimators within are.

Some three hundred models were fitted with each of scikit-learn 0.20.4, 0.21.3, 0.22.2, 0.24.2, 1.0.2, 1.2.1, 1.3.2, 1.4.2,
1.5.2, 1.6.1 and 1.9.1, and every output compared; the tests do that again with whichever version is installed. Versions
between are read by the attributes their models have. Decisions of SVC and of one versus one are left out for 0.20, and
probabilities of AdaBoost's SAMME before 0.22.

| class | since | exact | limits |
|---|---|---|---|
${rows.join("\n")}

Not converted, and refused with the name of the step, the class and what would be needed: classes that are not in this table,
those of other packages (xgboost, lightgbm, catboost, imbalanced-learn …), functions of your own, classifiers of several labels
per row in one indicator matrix, and models that were not fitted. Their files can still be kept, inspected and verified.
`;
}
