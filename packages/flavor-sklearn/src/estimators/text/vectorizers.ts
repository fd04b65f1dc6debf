import type { Value } from "@modelkeep/onnx";

import type { Fitted } from "../../fitted/fitted.js";
import { asEntries, asScalar, asScalars, asSparseRows } from "../../fitted/python-value.js";
import type { Drawing } from "../../graph/drawing.js";
import { MatrixRows, type Rows } from "../../graph/rows.js";
import { areSizes, type TextAnalysis, textAnalyzer } from "@modelkeep/onnx";
import type { Handler } from "../handler.js";

export const countVectorizer: Handler = { transform: (drawing, fitted, rows) => drawCounts(drawing, fitted, rows) };

export const tfidfVectorizer: Handler = {
  transform: (drawing, fitted, rows) =>
    drawWeights(drawing, fitted.estimator("_tfidf", "weights"), drawCounts(drawing, fitted, rows)),
};

export const tfidfTransformer: Handler = { transform: (drawing, fitted, rows) => drawWeights(drawing, fitted, rows) };

/** Texts are counted before the model runs: the graph begins with the counts. */
function drawCounts(drawing: Drawing, fitted: Fitted, rows: Rows): Rows {
  const analysis = readAnalysis(fitted);
  if (rows.documents === undefined)
    throw fitted.unsupported("input", "it reads what another step has made, not an input of the model");
  drawing.note(
    `${fitted.title}: texts become counts of ${analysis.vocabulary.length} terms before the model runs; lower case and letters are those of this JavaScript engine's Unicode`,
  );
  return new MatrixRows(drawing.graph, rows.documents(fitted.object, analysis), analysis.vocabulary.length);
}

function readAnalysis(fitted: Fitted): TextAnalysis {
  for (const attribute of ["preprocessor", "tokenizer"])
    if (fitted.isSet(attribute))
      throw fitted.unsupported(attribute, `its ${attribute} is a function of its own, which is not run`);
  const analyzer = asScalar(fitted.raw("analyzer"));
  if (analyzer !== "word" && analyzer !== "char" && analyzer !== "char_wb") throw fitted.unsupportedValue("analyzer");
  const accents = fitted.isSet("strip_accents") ? asScalar(fitted.raw("strip_accents")) : undefined;
  if (accents !== undefined && accents !== "ascii" && accents !== "unicode")
    throw fitted.unsupportedValue("strip_accents");
  const ngrams = fitted.scalars("ngram_range");
  if (!areSizes(ngrams)) throw fitted.unsupportedValue("ngram_range");
  const analysis: TextAnalysis = {
    analyzer,
    lowercase: fitted.boolean("lowercase"),
    ...(accents === undefined ? {} : { stripAccents: accents }),
    ...(analyzer === "word" ? { tokenPattern: fitted.text("token_pattern") } : {}),
    ...(analyzer === "word" && fitted.isSet("stop_words") ? { stopWords: stopWords(fitted) } : {}),
    ngrams,
    binary: fitted.boolean("binary"),
    vocabulary: readVocabulary(fitted),
  };
  try {
    textAnalyzer(analysis);
  } catch {
    throw fitted.unsupported(
      "token_pattern",
      "its token_pattern uses more of Python's regular expressions than is understood here",
    );
  }
  return analysis;
}

function stopWords(fitted: Fitted): "english" | readonly string[] {
  if (fitted.raw("stop_words") === "english") return "english";
  const words = asScalars(fitted.raw("stop_words"));
  if (words?.every((each) => typeof each === "string") !== true) throw fitted.unsupportedValue("stop_words");
  return words;
}

/** Terms by their column: every column has one. */
function readVocabulary(fitted: Fitted): string[] {
  const entries = asEntries(fitted.raw(fitted.either("vocabulary_")));
  if (entries === undefined || entries.length === 0) throw fitted.wrong("vocabulary_", "is no dict of terms");
  const terms: string[] = [];
  for (const [term, value] of entries) {
    const column = asScalar(value);
    if (
      typeof column !== "number" ||
      !Number.isInteger(column) ||
      column < 0 ||
      column >= entries.length ||
      terms[column] !== undefined
    )
      throw fitted.wrong("vocabulary_", `gives the term ${JSON.stringify(term)} a column that is not its own`);
    terms[column] = term;
  }
  return terms;
}

function drawWeights(drawing: Drawing, fitted: Fitted, rows: Rows): Rows {
  const { graph } = drawing;
  let value: Value = rows.matrix();
  let width = rows.width;
  const zero = graph.float64(0);
  if (fitted.boolean("sublinear_tf", false)) {
    drawing.bounded();
    const absent = graph.equal(value, zero);
    const logs = graph.add(graph.log(graph.where(absent, graph.float64(1), value)), graph.float64(1));
    value = graph.where(absent, zero, logs);
  }
  if (fitted.boolean("use_idf", true)) {
    const weights = inverseFrequencies(fitted);
    width = weights.length;
    rows.matrix(width);
    value = graph.mul(value, graph.float64(weights));
  }
  if (!fitted.isSet("norm")) return new MatrixRows(graph, value, width);
  drawing.bounded();
  const norm = fitted.text("norm");
  if (norm !== "l1" && norm !== "l2") throw fitted.unsupportedValue("norm");
  const length =
    norm === "l1"
      ? graph.reduceSum(graph.abs(value), [1], true)
      : graph.sqrt(graph.reduceSum(graph.mul(value, value), [1], true));
  const divisor = graph.where(graph.equal(length, zero), graph.float64(1), length);
  return new MatrixRows(graph, graph.div(value, divisor), width);
}

/** `idf_`, which older versions keep as the diagonal of a sparse matrix. */
function inverseFrequencies(fitted: Fitted): Float64Array {
  if (fitted.has("idf_") || !fitted.has("_idf_diag")) return fitted.floats("idf_");
  const diagonal = asSparseRows(fitted.raw("_idf_diag"));
  if (diagonal === undefined || diagonal.rows !== diagonal.columns)
    throw fitted.wrong("_idf_diag", "is no square sparse matrix");
  if (diagonal.rows !== diagonal.data.length || diagonal.indices.some((column, row) => column !== row))
    throw fitted.wrong("_idf_diag", "holds more than its diagonal");
  return diagonal.data;
}
