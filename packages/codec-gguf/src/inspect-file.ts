import { type DecodeOptions, elementCount, type Inspection, type PayloadSet } from "@modelkeep/core";

import { chatTemplates, templateFindings } from "./chat-template.js";
import { fileTypeName } from "./file-types.js";
import type { GgufHeader } from "./header.js";
import { readHeader } from "./read-header.js";
import { valueJson } from "./value-json.js";

type Metadata = GgufHeader["metadata"];
type Finding = NonNullable<Inspection["findings"]>[number];

/** Longer arrays, as a vocabulary, are only counted. */
const longest = 32;

/** From the header alone, however large the file is. */
export async function inspectFile({ main }: PayloadSet, options: DecodeOptions = {}): Promise<Inspection> {
  const { limits, signal } = options;
  const header = await readHeader(main, { longest, signal, limits });
  const { metadata, version, byteOrder } = header;
  const tensors = Array.from(header.tensors, ([name, { type, shape, start, end }]) => ({
    name,
    dtype: type.name,
    shape,
    bytes: end - start,
  }));
  const parameters = tensors.reduce((sum, { shape }) => sum + elementCount(shape), 0);
  const bytes = tensors.reduce((sum, tensor) => sum + tensor.bytes, 0);
  const templates = chatTemplates(metadata);
  const details = {
    version,
    ...(byteOrder === "big" && { byteOrder }),
    ...modelDetails(metadata),
    types: countsOf(tensors.map(({ dtype }) => dtype)),
    ...(parameters > 0 && { bitsPerWeight: Number(((8 * bytes) / parameters).toFixed(2)) }),
    ...(templates.size > 0 && { chatTemplates: [...templates.keys()] }),
    keys: Object.fromEntries(Array.from(metadata, ([key, value]) => [key, valueJson(value)])),
  };
  const findings = [...templateFindings(templates), ...partFindings(metadata)];
  return {
    summary: `GGUF v${version}: ${titleOf(metadata)}tensors: ${tensors.length}, elements: ${parameters}`,
    tensors,
    parameters,
    details,
    ...(findings.length > 0 && { findings }),
  };
}

function titleOf(metadata: Metadata): string {
  const told = [text(metadata, "general.architecture"), text(metadata, "general.name")];
  return told.flatMap((each) => (each === undefined ? [] : [`${JSON.stringify(each.slice(0, 80))}, `])).join("");
}

/** What people ask of a language model. */
function modelDetails(metadata: Metadata): Readonly<Record<string, unknown>> {
  const architecture = text(metadata, "general.architecture");
  const fileType = number(metadata, "general.file_type");
  const details = {
    architecture,
    name: text(metadata, "general.name"),
    kind: text(metadata, "general.type"),
    license: text(metadata, "general.license"),
    quantization: fileType === undefined ? undefined : fileTypeName(fileType),
    context: number(metadata, `${architecture}.context_length`),
    tokenizer: text(metadata, "tokenizer.ggml.model"),
    vocabulary: vocabularyOf(metadata) ?? number(metadata, `${architecture}.vocab_size`),
  };
  return Object.fromEntries(Object.entries(details).filter(([, value]) => value !== undefined));
}

function vocabularyOf(metadata: Metadata): number | undefined {
  const tokens = metadata.get("tokenizer.ggml.tokens");
  if (tokens?.type === "skipped") return tokens.length;
  return tokens?.type === "array" ? tokens.value.length : undefined;
}

/** Large models are split into several files, each of which is a GGUF file by itself. */
function partFindings(metadata: Metadata): readonly Finding[] {
  const count = number(metadata, "split.count") ?? 1;
  const index = number(metadata, "split.no") ?? 0;
  if (count <= 1) return [];
  return [{ level: "info", message: `This is part ${index + 1} of ${count}: the other tensors lie in other files` }];
}

function countsOf(names: readonly string[]): Readonly<Record<string, number>> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return Object.fromEntries([...counts].sort(([, a], [, b]) => b - a));
}

function text(metadata: Metadata, key: string): string | undefined {
  const found = metadata.get(key);
  return found?.type === "string" ? found.value : undefined;
}

function number(metadata: Metadata, key: string): number | undefined {
  const found = metadata.get(key);
  if (found === undefined || found.type === "array" || found.type === "skipped") return undefined;
  const value = typeof found.value === "bigint" ? Number(found.value) : found.value;
  return Number.isSafeInteger(value) ? (value as number) : undefined;
}
