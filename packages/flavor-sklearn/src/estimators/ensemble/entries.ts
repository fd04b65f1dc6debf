import { entry } from "../entry.js";
import { adaBoostClassifier, adaBoostRegressor } from "./ada-boost.js";
import { baggingClassifier, baggingRegressor } from "./bagging.js";
import { calibratedClassifier, isotonicRegression } from "./calibrated.js";
import { stackingClassifier, stackingRegressor, votingClassifier, votingRegressor } from "./voting.js";

const voting = "ensemble._voting ensemble.voting ensemble.voting_classifier";
const bagging = "ensemble._bagging ensemble.bagging";
const boosting = "ensemble._weight_boosting ensemble.weight_boosting";

export const ensembleEntries = [
  entry(voting, "VotingClassifier", votingClassifier, "as its parts"),
  entry(voting, "VotingRegressor", votingRegressor, "as its parts"),
  entry("ensemble._stacking", "StackingClassifier", stackingClassifier, "as its parts"),
  entry("ensemble._stacking", "StackingRegressor", stackingRegressor, "as its parts"),
  entry(bagging, "BaggingClassifier", baggingClassifier, "as its parts"),
  entry(bagging, "BaggingRegressor", baggingRegressor, "as its parts"),
  entry(boosting, "AdaBoostClassifier", adaBoostClassifier, "bounded"),
  entry(boosting, "AdaBoostRegressor", adaBoostRegressor, "as its parts"),
  entry("calibration", "CalibratedClassifierCV", calibratedClassifier, "bounded"),
  entry("isotonic", "IsotonicRegression", isotonicRegression, "bounded"),
];
