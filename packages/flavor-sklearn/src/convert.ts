import type { Conversion, Signature } from "@modelkeep/core";
import {
  type GraphBuilder,
  graphBuilder,
  type OnnxModel,
  pruneModel,
  type TextInput,
  textMetadataKey,
  textSignature,
  writeTextMetadata,
} from "@modelkeep/onnx";

import { findEstimator } from "./estimators/registry.js";
import { findRoot } from "./fitted/root.js";
import { readFacts, type ModelFacts } from "./fitted/facts.js";
import type { Fitted } from "./fitted/fitted.js";
import type { PythonValue } from "./fitted/python-value.js";
import { Drawing } from "./graph/drawing.js";
import { InputDemands, InputRows } from "./graph/input-rows.js";
import { keepPrecision } from "./graph/keep-precision.js";
import { declareOutputs } from "./graph/outputs.js";
import { toFloat32 } from "./graph/to-float32.js";
import { version } from "./version.js";

/** What may be asked of the conversion. */
export interface SklearnConvertOptions {
  /** "float32" for half the size: labels and values may differ, measure by how much. Default "float64". */
  readonly precision?: "float64" | "float32";
}

/** A converted model with what its file says about it. */
export interface SklearnConversion extends Conversion, ModelFacts {
  readonly model: OnnxModel;
  readonly signature: Signature;
  /** Texts that must become counts before the model runs, as `textPredictor` does it; also in the model's metadata. */
  readonly texts?: readonly TextInput[];
}

/**
 * A fitted scikit-learn model, as a pickle or joblib file holds it, to ONNX. Throws `unsupported` for what has no ONNX
 * form here, `not_fitted` for what was not fitted, `malformed` for parts that do not agree.
 */
export function convertSklearn(value: PythonValue, options: SklearnConvertOptions = {}): SklearnConversion {
  const { precision = "float64" } = options;
  const { fitted, note } = findRoot(value, (path) => findEstimator(path) !== undefined);
  const facts = readFacts(fitted);
  // Drawn twice: first to learn what the steps want to read, then with inputs that suit all of them.
  const demands = new InputDemands();
  const first = draw(fitted, facts, undefined, demands);
  const { drawing, input } =
    first.input.demands.columns.size === 0 && !demands.table ? first : draw(fitted, facts, demands, new InputDemands());
  const { graph } = drawing;
  if (note !== undefined) drawing.note(note);
  const unused = input.declareUnused();
  if (unused.length > 0) drawing.note(`Columns that the model does not read, whatever they hold: ${unused.join(", ")}`);
  const { texts } = input;
  const { inputs, outputs } = graph.signature;
  const signature = textSignature({ inputs: input.inOrder(inputs), outputs }, texts);
  const built = keepPrecision(pruneModel(withMetadata(buildInOrder(graph, input), facts, texts)));
  const exact = drawing.bound === undefined;
  const common = { ...facts, ...(texts.length === 0 ? {} : { texts }), notes: [...drawing.notes] };
  if (precision === "float64") {
    return {
      ...common,
      model: built,
      signature,
      exactness: exact ? "bits" : "bounded",
      ...(exact ? {} : { bound: drawing.bound! }),
    };
  }
  const single = toFloat32(built, signature);
  const remark = "It computes in float32: compare its predictions with recorded ones to know by how much they differ";
  return { ...common, ...single, exactness: "unknown", notes: [...drawing.notes, remark] };
}

function draw(fitted: Fitted, facts: ModelFacts, known: InputDemands | undefined, demands: InputDemands) {
  const graph = graphBuilder({ name: fitted.name, producerName: "modelkeep-sklearn", producerVersion: version });
  const drawing = new Drawing(graph, findEstimator);
  demands.width = facts.featureCount;
  const input = new InputRows(graph, facts.featureNames, known, demands, facts.featureCount === undefined);
  declareOutputs(drawing, fitted, input);
  return { drawing, input };
}

function buildInOrder(graph: GraphBuilder, input: InputRows): OnnxModel {
  const model = graph.build();
  return { ...model, graph: { ...model.graph!, input: input.inOrder(model.graph!.input) } };
}

function withMetadata(model: OnnxModel, facts: ModelFacts, texts: readonly TextInput[]): OnnxModel {
  const entries: [string, string][] = [["modelkeep.source", facts.modelClass]];
  if (facts.versions["scikit-learn"] !== undefined)
    entries.push(["modelkeep.scikit-learn", facts.versions["scikit-learn"]]);
  if (texts.length > 0) entries.push([textMetadataKey, writeTextMetadata(texts)]);
  return {
    ...model,
    metadataProps: [...(model.metadataProps ?? []), ...entries.map(([key, value]) => ({ key, value }))],
  };
}
