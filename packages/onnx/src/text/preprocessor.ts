import {
  ModelkeepError,
  type Predictor,
  type Signature,
  Tensor,
  type TensorMap,
  type TensorSpec,
} from "@modelkeep/core";

import type { TextAnalysis } from "./analysis.js";
import { textAnalyzer } from "./analyze.js";

/** One input of texts that becomes an input of counts of the model. */
export interface TextInput {
  /** "text", or the name of the column: strings `[batch]`. */
  readonly input: string;
  /** The model's own input: float64 `[batch, terms]`. */
  readonly output: string;
  readonly analysis: TextAnalysis;
}

/** Counts of more than this many numbers are not made at once: rows are predicted in parts. */
const mostNumbers = 8 * 2 ** 20;

/** A signature with texts in place of their counts. */
export function textSignature(signature: Signature, texts: readonly TextInput[]): Signature {
  const inputs = new Map<string, TensorSpec>();
  for (const spec of signature.inputs) {
    const text = texts.find((each) => each.output === spec.name);
    if (text === undefined) inputs.set(spec.name, spec);
    else if (!inputs.has(text.input)) inputs.set(text.input, { name: text.input, dtype: "string", shape: ["batch"] });
  }
  return { inputs: [...inputs.values()], outputs: signature.outputs };
}

/** Replaces texts by the counts that the model reads. */
export function textPreprocessor(texts: readonly TextInput[]): (inputs: TensorMap) => TensorMap {
  const counters = texts.map((text) => ({ ...text, count: termCounter(text.analysis) }));
  return (inputs) => {
    const prepared = new Map(inputs);
    for (const { input } of counters) prepared.delete(input);
    for (const { input, output, count } of counters) {
      const documents = inputs.get(input);
      if (documents?.dtype !== "string" || documents.shape.length !== 1) {
        throw new ModelkeepError(
          "signature_mismatch",
          `The input ${JSON.stringify(input)} takes texts: a tensor of strings of the shape [batch]`,
        );
      }
      prepared.set(output, count(documents.data as readonly string[]));
    }
    return prepared;
  };
}

/** A predictor that takes texts, from one that takes their counts. Large batches are predicted in parts. */
export function textPredictor(predictor: Predictor, texts: readonly TextInput[]): Predictor {
  const prepare = textPreprocessor(texts);
  const terms = texts.reduce((sum, text) => sum + text.analysis.vocabulary.length, 0);
  const most = Math.max(1, Math.floor(mostNumbers / Math.max(1, terms)));
  return {
    signature: textSignature(predictor.signature, texts),
    async predict(inputs) {
      const batch = inputs.get(texts[0]!.input)?.shape[0] ?? 0;
      if (batch <= most) return predictor.predict(prepare(inputs));
      const parts: TensorMap[] = [];
      for (let start = 0; start < batch; start += most)
        parts.push(await predictor.predict(prepare(rowsOf(inputs, start, Math.min(batch, start + most)))));
      return joinRows(parts);
    },
    [Symbol.asyncDispose]: () => predictor[Symbol.asyncDispose](),
  };
}

function termCounter(analysis: TextAnalysis): (documents: readonly string[]) => Tensor {
  const analyze = textAnalyzer(analysis);
  const columns = new Map(analysis.vocabulary.map((term, column) => [term, column]));
  const terms = analysis.vocabulary.length;
  return (documents) => {
    const counts = new Float64Array(documents.length * terms);
    documents.forEach((text, row) => {
      for (const term of analyze(text)) {
        const column = columns.get(term);
        if (column === undefined) continue;
        if (analysis.binary) counts[row * terms + column] = 1;
        else counts[row * terms + column]! += 1;
      }
    });
    return new Tensor("float64", [documents.length, terms], counts);
  };
}

function rowsOf(inputs: TensorMap, start: number, end: number): TensorMap {
  return new Map(
    Array.from(inputs, ([name, { dtype, shape, data }]) => {
      const width = shape.slice(1).reduce((product, size) => product * size, 1);
      return [name, new Tensor(dtype, [end - start, ...shape.slice(1)], data.slice(start * width, end * width))];
    }),
  );
}

function joinRows(parts: readonly TensorMap[]): TensorMap {
  const names = [...parts[0]!.keys()];
  return new Map(
    names.map((name) => {
      const tensors = parts.map((part) => part.get(name)!);
      const rows = tensors.reduce((sum, tensor) => sum + tensor.shape[0]!, 0);
      const [first] = tensors;
      const shape = [rows, ...first!.shape.slice(1)];
      if (first!.dtype === "string")
        return [
          name,
          new Tensor(
            "string",
            shape,
            tensors.flatMap((tensor) => tensor.data as readonly string[]),
          ),
        ];
      const data = (first!.data as Float64Array).constructor as new (length: number) => Float64Array;
      const joined = new data(tensors.reduce((sum, tensor) => sum + tensor.data.length, 0));
      let at = 0;
      for (const tensor of tensors) {
        joined.set(tensor.data as Float64Array, at);
        at += tensor.data.length;
      }
      return [name, new Tensor(first!.dtype, shape, joined)];
    }),
  );
}
