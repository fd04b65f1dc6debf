import { isJsonObject, ModelkeepError } from "@modelkeep/core";
import type { OnnxModel } from "../model.js";
import type { TextAnalysis } from "./analysis.js";
import { textAnalyzer } from "./analyze.js";
import type { TextInput } from "./preprocessor.js";

/** Key of an ONNX model's `metadata_props` that says how its texts become counts. */
export const textMetadataKey = "modelkeep.text";

const format = "modelkeep.text/1";

/** What `readTextMetadata` reads: the text inputs of a model, as one of its `metadata_props`. */
export function writeTextMetadata(texts: readonly TextInput[]): string {
  return JSON.stringify({ format, inputs: texts });
}

/** What a model says of its texts; none for most models. `malformed` when it is not what this library writes. */
export function readTextMetadata(model: Pick<OnnxModel, "metadataProps">): readonly TextInput[] {
  const value = model.metadataProps?.find((entry) => entry.key === textMetadataKey)?.value;
  if (value === undefined) return [];
  let root: unknown;
  try {
    root = JSON.parse(value);
  } catch (cause) {
    throw malformed("is no JSON", cause);
  }
  if (!isJsonObject(root) || root["format"] !== format || !Array.isArray(root["inputs"]))
    throw malformed(`is not of the format ${format}`);
  return root["inputs"].map((item: unknown) => {
    const { input, output, analysis } = isJsonObject(item) ? item : {};
    if (typeof input !== "string" || typeof output !== "string" || !isAnalysis(analysis))
      throw malformed("has an input that lacks a part or has one of another kind");
    textAnalyzer(analysis);
    return { input, output, analysis };
  });
}

function isAnalysis(value: unknown): value is TextAnalysis {
  if (!isJsonObject(value)) return false;
  const { analyzer, lowercase, stripAccents, tokenPattern, stopWords, ngrams, binary, vocabulary } = value;
  return (
    ["word", "char", "char_wb"].includes(analyzer as string) &&
    typeof lowercase === "boolean" &&
    typeof binary === "boolean" &&
    (stripAccents === undefined || stripAccents === "ascii" || stripAccents === "unicode") &&
    (tokenPattern === undefined || typeof tokenPattern === "string") &&
    (stopWords === undefined || stopWords === "english" || isTexts(stopWords)) &&
    isTexts(vocabulary) &&
    Array.isArray(ngrams) &&
    areSizes(ngrams)
  );
}

/** Fewest and most, in a range that a text can have. */
export function areSizes(sizes: readonly unknown[]): sizes is readonly [number, number] {
  const [fewest, most] = sizes as readonly [number, number];
  return (
    sizes.length === 2 &&
    Number.isInteger(fewest) &&
    Number.isInteger(most) &&
    fewest >= 1 &&
    most >= fewest &&
    most <= 100
  );
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === "string");
}

function malformed(message: string, cause?: unknown): ModelkeepError {
  return new ModelkeepError("malformed", `The metadata ${textMetadataKey} of the model ${message}`, { cause });
}
