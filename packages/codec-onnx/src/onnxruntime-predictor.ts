import { type DType, ModelkeepError, type Predictor, type Signature, Tensor, type TensorMap } from "@modelkeep/core";
import type { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";

import type { Package } from "./onnxruntime-package.js";

/** Element types that pass between onnxruntime-node and JavaScript. */
export const runnable: ReadonlySet<DType> = new Set([
  "float64",
  "float32",
  "float16",
  "int64",
  "int32",
  "int16",
  "int8",
  "int4",
  "uint64",
  "uint32",
  "uint16",
  "uint8",
  "uint4",
  "bool",
  "string",
]);

type OrtTensorConstructor = new (type: string, data: unknown, shape: readonly number[]) => OrtTensor;

/** A session. Tensors pass without a copy on this side. */
export class OnnxruntimePredictor implements Predictor {
  readonly signature: Signature;
  readonly #tensor: OrtTensorConstructor;
  #session: InferenceSession | undefined;

  constructor(loaded: Package, session: InferenceSession, signature: Signature) {
    this.#tensor = loaded.Tensor;
    this.#session = session;
    this.signature = signature;
  }

  async predict(inputs: TensorMap): Promise<TensorMap> {
    const session = this.#session;
    if (session === undefined) throw new TypeError("The predictor has been disposed of");
    const feeds: Record<string, OrtTensor> = Object.create(null);
    for (const [name, tensor] of inputs) feeds[name] = feed(this.#tensor, tensor);
    let results: InferenceSession.ReturnType;
    try {
      results = await session.run(feeds);
    } catch (cause) {
      throw failure(session, inputs, cause);
    }
    const outputs = new Map<string, Tensor>();
    for (const name of session.outputNames) outputs.set(name, toTensor(results[name] as OrtTensor));
    return outputs;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    await session?.release();
  }
}

/**
 * Bits of float16 go in as what they are in memory. Where the engine has Float16Array, the package would wrap them in one,
 * which its native part of version 1.30 reads as empty: such a tensor is made as uint16 and then named.
 */
function feed(constructor: OrtTensorConstructor, { dtype, data, shape }: Tensor): OrtTensor {
  if (dtype !== "float16") return new constructor(dtype, data, shape);
  return Object.defineProperty(new constructor("uint16", data, shape), "type", { value: dtype });
}

function toTensor({ type, dims, data }: OrtTensor): Tensor {
  // Engines that have Float16Array get one; a tensor holds the bits.
  const bits =
    type === "float16" && !(data instanceof Uint16Array)
      ? new Uint16Array((data as Uint8Array).buffer, (data as Uint8Array).byteOffset, data.length)
      : data;
  return new Tensor(type, dims, bits);
}

function failure(session: InferenceSession, inputs: TensorMap, cause: unknown): ModelkeepError {
  for (const name of session.inputNames) {
    if (!inputs.has(name)) {
      const message = `The model needs the input ${JSON.stringify(name)}; given were ${JSON.stringify([...inputs.keys()])}`;
      return new ModelkeepError("signature_mismatch", message, { cause, details: { name } });
    }
  }
  return new ModelkeepError("prediction_failed", `ONNX Runtime can't run these inputs: ${(cause as Error).message}`, {
    cause,
  });
}
