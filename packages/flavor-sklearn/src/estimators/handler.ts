import type { Value } from "@modelkeep/onnx";

import type { Fitted } from "../fitted/fitted.js";
import type { Drawing } from "../graph/drawing.js";
import type { Labels } from "../graph/labels.js";
import type { Rows } from "../graph/rows.js";

/** What an estimator predicts. Everything is computed in the graph; what nobody asks for is left out of it at the end. */
export interface Prediction {
  readonly kind: "classifier" | "regressor" | "clusterer" | "outlier";
  /** Of `label` and of the columns of `probabilities`. */
  readonly classes?: Labels;
  /** int64 `[batch]`: index of the class. */
  readonly label?: Value;
  /** `[batch, classes]`. */
  readonly probabilities?: Value;
  /** `[batch]` for two classes, else `[batch, n]`. */
  readonly decision?: Value;
  /** Columns of `decision`; 0 when it is `[batch]`. */
  readonly decisionWidth?: number;
  /** `[batch]` or `[batch, targets]`. */
  readonly value?: Value;
  /** Columns of `value`; 0 when it is `[batch]`. */
  readonly valueWidth?: number;
  /** `[batch]`. */
  readonly score?: Value;
  /** One for each target of a classifier of several. */
  readonly targets?: readonly Prediction[];
}

/** How one class of scikit-learn becomes a part of the graph. */
export interface Handler {
  transform?(drawing: Drawing, fitted: Fitted, rows: Rows): Rows;
  predict?(drawing: Drawing, fitted: Fitted, rows: Rows): Prediction;
  /** For estimators that do what another within them does: that one, or undefined for one that changes nothing. */
  last?(fitted: Fitted): Fitted | undefined;
  /** Its `transform` is an output of the model too. */
  readonly showsTransform?: boolean;
}

/** For the table of supported estimators. */
export interface EstimatorFacts {
  /** "bits": to the last bit, over inputs that are exact. Else the bound relative to max(1, |b|). */
  readonly exactness: "bits" | "bounded" | "as its parts";
  readonly limits?: string;
}

export interface Entry {
  readonly name: string;
  /** Where the class lies or lay, the current place first. */
  readonly modules: readonly string[];
  readonly handler: Handler;
  readonly facts: EstimatorFacts;
}
