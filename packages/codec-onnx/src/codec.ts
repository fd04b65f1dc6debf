import {
  type Codec,
  type DecodeOptions,
  fileName,
  type Inspection,
  ModelkeepError,
  type PayloadSet,
  type PayloadSource,
} from "@modelkeep/core";
import {
  decodeModel,
  encodeModel,
  externalize,
  inspectModel,
  internalize,
  messageLimit,
  type OnnxModel,
  weightBytes,
} from "@modelkeep/onnx";

import { checkFiles, readExternalFiles } from "./external-files.js";
import { sniffOnnx } from "./sniff.js";
import { version } from "./version.js";

/** Whether `onnxCodec` writes one file or two. */
export interface OnnxEncodeOptions {
  /**
   * Initializers from `threshold` bytes (default 1 MiB) on go to a second file, `model.onnx.data`. True by itself when
   * the model would not fit in one: protobuf allows 2 GiB.
   */
  readonly externalData?: boolean | { readonly threshold?: number };
}

const mediaType = "application/x-onnx";

/** ONNX files, with external data as further payloads: never from the file system. */
export function onnxCodec(): Codec<OnnxModel, OnnxEncodeOptions> {
  return {
    name: "onnx",
    mediaType,
    extensions: [".onnx"],
    package: { name: "@modelkeep/codec-onnx", version },
    facts: {
      languages: "any language with ONNX Runtime",
      runsCode: "no",
      bestFor: "serving, from any language and without the library it was trained with",
    },
    accepts: isOnnxModel,
    sniff: sniffOnnx,
    encode: async (model, options = {}) => encode(model, options),
    decode,
    inspect,
  };
}

function isOnnxModel(model: unknown): model is OnnxModel {
  if (typeof model !== "object" || model === null) return false;
  const { opsetImport, graph } = model as Partial<OnnxModel>;
  return Array.isArray(opsetImport) && Array.isArray(graph?.node) && Array.isArray(graph.initializer);
}

function encode(model: OnnxModel, options: OnnxEncodeOptions & { readonly stem?: string }): readonly PayloadSource[] {
  const { stem = "model", externalData = weightBytes(model) > messageLimit - 64 * 1024 * 1024 } = options;
  const path = `${stem}.onnx`;
  if (externalData === false) return [chunkSource(path, encodeModel(model), mediaType, "model")];
  const threshold = externalData === true ? undefined : externalData.threshold;
  const location = `${fileName(path)}.data`;
  const split = externalize(model, { location, ...(threshold === undefined ? {} : { threshold }) });
  const main = chunkSource(path, encodeModel(split.model), mediaType, "model");
  if (split.size === 0) return [main];
  return [main, chunkSource(`${path}.data`, split.chunks, "application/octet-stream", "external-data")];
}

function chunkSource(path: string, chunks: readonly Uint8Array[], mediaType: string, role: string): PayloadSource {
  const size = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  return {
    path,
    mediaType,
    role,
    size,
    async *open() {
      yield* chunks;
    },
  };
}

async function decode(payloads: PayloadSet, options: DecodeOptions = {}): Promise<OnnxModel> {
  const { limits } = options;
  const model = decodeModel(await readMain(payloads, options), { limits });
  return internalize(model, await readExternalFiles(model, payloads, options));
}

/** The bytes of the main payload, which protobuf limits to 2 GiB. */
export async function readMain({ main }: PayloadSet, options: DecodeOptions): Promise<Uint8Array> {
  const limit = Math.min(messageLimit, options.limits?.bytes ?? messageLimit);
  if (main.size > limit) {
    throw new ModelkeepError("limit_exceeded", `${main.path} has ${main.size} bytes, more than ${limit}`, {
      details: { path: main.path, size: main.size, limit },
    });
  }
  return main.bytes(options);
}

async function inspect(payloads: PayloadSet, options: DecodeOptions = {}): Promise<Inspection> {
  const inspection = await inspectModel(payloads.main, options);
  const missing = checkFiles(inspection, payloads);
  return missing.length === 0 ? inspection : { ...inspection, findings: [...(inspection.findings ?? []), ...missing] };
}
