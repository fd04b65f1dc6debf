import { type Codec, type Inspection, ModelkeepError, type Tensor } from "@modelkeep/core";
import { isNpy, type NumpyFile, readNumpy, scanBytes, writeNpy, writeNpz } from "@modelkeep/pickle";
import { isTensorFile, type TensorFile } from "@modelkeep/safetensors";

import { metadataName, tensorFileOf, tensorsWithMetadata } from "./tensor-file.js";

/** Which of NumPy's files `numpyCodec` writes, and how it is compressed. */
export interface NumpyEncodeOptions {
  /** "npz", the default, holds any number of arrays; "npy" exactly one, without its name. */
  readonly form?: "npz" | "npy";
  /** Of an archive: 0, the default, stores the arrays, 1 to 9 deflate them. */
  readonly level?: number;
}

/** NumPy's own files: named arrays, loaded as views. Arrays of Python objects are read as inert data, never run. */
export function numpyCodec(defaults: NumpyEncodeOptions = {}): Codec<TensorFile, NumpyEncodeOptions> {
  return {
    name: "numpy",
    mediaType: "application/vnd.numpy",
    extensions: [".npz", ".npy"],
    facts: {
      languages: "Python; readers exist for most others",
      runsCode: "in Python, arrays of objects may, where it is allowed; here never",
      bestFor: "exchanging arrays with Python",
    },
    accepts: isTensorFile,
    sniff: sniffNumpy,
    async encode(model, options = {}) {
      const named = options.extension === ".npy" ? "npy" : "npz";
      const { form = named, level } = { ...defaults, ...options };
      const open = form === "npy" ? writeNpy(onlyTensor(model)) : writeNpz(tensorsWithMetadata(model), level);
      return [{ path: `${options.stem ?? "model"}.${form}`, mediaType: "application/vnd.numpy", open }];
    },
    async decode({ main }, options = {}) {
      return tensorFileOf(readNumpy(await main.buffer(options), options));
    },
    async inspect({ main }, options = {}) {
      const buffer = await main.buffer(options);
      const { verdict, findings } = scanBytes(buffer, main.path, options);
      const level = verdict === "dangerous" ? "danger" : "warning";
      const told = findings.map((finding) => ({ level, ...finding }) as const);
      return { ...inspectionOf(readNumpy(buffer, { ...options, unknown: "opaque" })), findings: told };
    },
  };
}

function onlyTensor({ tensors, metadata }: TensorFile): Tensor {
  const [tensor] = tensors.values();
  if (tensor === undefined || tensors.size > 1 || metadata.size > 0)
    throw new ModelkeepError(
      "unsupported",
      `A .npy file holds one array and nothing else, not ${tensors.size} and metadata: write a .npz file`,
    );
  return tensor;
}

function inspectionOf({ arrays, form }: NumpyFile): Inspection {
  const tensors = [...arrays]
    .filter(([name]) => name !== metadataName)
    .map(([name, { dtype, shape, byteLength }]) => ({ name, dtype: dtype.toString(), shape, bytes: byteLength }));
  const elements = tensors.reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0);
  return {
    summary: `NumPy ${form}: arrays: ${tensors.length}, elements: ${elements}`,
    tensors,
    parameters: elements,
    details: { form },
  };
}

/** An array by its first bytes, an archive by the name of its first file. */
function sniffNumpy(head: Uint8Array): "yes" | "no" {
  if (isNpy(head)) return "yes";
  if (!(head[0] === 0x50 && head[1] === 0x4b && head[2] === 3 && head[3] === 4)) return "no";
  const length = (head[26] ?? 0) | ((head[27] ?? 0) << 8);
  return String.fromCharCode(...head.subarray(30, 30 + Math.min(length, 4096))).endsWith(".npy") ? "yes" : "no";
}
