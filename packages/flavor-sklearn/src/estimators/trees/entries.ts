import { entry } from "../entry.js";
import { forestClassifier, forestRegressor, treeClassifier, treeRegressor } from "./forest.js";
import { gradientBoostingClassifier, gradientBoostingRegressor } from "./gradient-boosting.js";
import { histGradientBoostingClassifier, histGradientBoostingRegressor } from "./hist-gradient-boosting.js";
import { isolationForest } from "./isolation-forest.js";

const tree = "tree._classes tree.tree";
const forest = "ensemble._forest ensemble.forest";
const boosting = "ensemble._gb ensemble._gradient_boosting ensemble.gradient_boosting";
const histogram = "ensemble._hist_gradient_boosting.gradient_boosting";

export const treeEntries = [
  entry(tree, "DecisionTreeClassifier", treeClassifier, "bits"),
  entry(tree, "DecisionTreeRegressor", treeRegressor, "bits"),
  entry(tree, "ExtraTreeClassifier", treeClassifier, "bits"),
  entry(tree, "ExtraTreeRegressor", treeRegressor, "bits"),
  entry(forest, "RandomForestClassifier", forestClassifier, "bits"),
  entry(forest, "RandomForestRegressor", forestRegressor, "bits"),
  entry(forest, "ExtraTreesClassifier", forestClassifier, "bits"),
  entry(forest, "ExtraTreesRegressor", forestRegressor, "bits"),
  entry(boosting, "GradientBoostingClassifier", gradientBoostingClassifier, "bounded", "decision to the last bit"),
  entry(boosting, "GradientBoostingRegressor", gradientBoostingRegressor, "bits"),
  entry(
    histogram,
    "HistGradientBoostingClassifier",
    histGradientBoostingClassifier,
    "bounded",
    "decision to the last bit",
  ),
  entry(
    histogram,
    "HistGradientBoostingRegressor",
    histGradientBoostingRegressor,
    "bits",
    "within the bound for the losses poisson and gamma",
  ),
  entry("ensemble._iforest ensemble.iforest", "IsolationForest", isolationForest, "bounded", "depths to the last bit"),
];
