import {
  byteLength,
  type DType,
  dataLength,
  dtypeInfo,
  elementCount,
  ModelkeepError,
  Tensor,
  tensorBytes,
  type TensorData,
  tensorFromBytes,
} from "@modelkeep/core";

import { dataTypeOf, dtypeOf } from "./data-type.js";
import type { OnnxTensor } from "./model.js";
import { decodeText, encodeText } from "./text.js";

/** A tensor as ONNX keeps it, its bytes a view on the tensor's. */
export function toOnnxTensor(name: string, tensor: Tensor): OnnxTensor {
  const head = { name, dims: tensor.shape, dataType: dataTypeOf(tensor.dtype) };
  if (tensor.dtype === "string") return { ...head, stringData: (tensor.data as readonly string[]).map(encodeText) };
  return { ...head, rawData: tensorBytes(tensor) };
}

/** The dtype of a stored tensor, or `unsupported`. */
export function tensorDType(tensor: OnnxTensor): DType {
  const dtype = dtypeOf(tensor.dataType);
  if (dtype === undefined) {
    throw new ModelkeepError(
      "unsupported",
      `The tensor ${JSON.stringify(tensor.name ?? "")} has the unknown data type ${tensor.dataType ?? 0}`,
    );
  }
  return dtype;
}

/**
 * The elements of a stored tensor: a view where its bytes are aligned. For a tensor whose bytes lie in another file,
 * give them as `external`. `malformed` when data and shape do not agree.
 */
export function fromOnnxTensor(stored: OnnxTensor, external?: Uint8Array): Tensor {
  const dtype = tensorDType(stored);
  try {
    if (stored.segment !== undefined) throw new ModelkeepError("unsupported", "is stored in segments");
    if (stored.dataLocation === 1) {
      if (external === undefined) throw new ModelkeepError("not_found", "lies in another file that was not given");
      return tensorFromBytes(dtype, stored.dims, external);
    }
    if (stored.rawData !== undefined) {
      if (dtype === "string") throw new ModelkeepError("malformed", "has strings as raw data");
      return tensorFromBytes(dtype, stored.dims, stored.rawData);
    }
    return new Tensor(dtype, stored.dims, typedData(stored, dtype, elementCount(stored.dims)));
  } catch (cause) {
    if (!(cause instanceof ModelkeepError)) throw cause;
    const code = cause.code === "invalid_input" ? "malformed" : cause.code;
    throw new ModelkeepError(code, `The tensor ${JSON.stringify(stored.name ?? "")}: ${cause.message}`, { cause });
  }
}

/** From the field that onnx.proto names for the dtype. */
function typedData(stored: OnnxTensor, dtype: DType, count: number): TensorData {
  const { array } = dtypeInfo(dtype);
  switch (dtype) {
    case "string":
      return (stored.stringData ?? []).map((bytes) => {
        const text = decodeText(bytes);
        if (text === undefined) throw new ModelkeepError("malformed", "has a string that is not UTF-8");
        return text;
      });
    case "float32":
    case "complex64":
      return stored.floatData ?? new Float32Array(0);
    case "float64":
    case "complex128":
      return stored.doubleData ?? new Float64Array(0);
    case "int64":
      return stored.int64Data ?? new BigInt64Array(0);
    case "uint64":
      return stored.uint64Data ?? new BigUint64Array(0);
    case "uint32":
      return Uint32Array.from(stored.uint64Data ?? [], Number);
    case "int32":
      return stored.int32Data ?? new Int32Array(0);
    case "float6_e2m3fn":
    case "float6_e3m2fn":
      return packSixBits(stored.int32Data ?? new Int32Array(0), count);
    default: {
      const values = stored.int32Data ?? new Int32Array(0);
      const wanted = dataLength(dtype, count);
      if (values.length !== wanted)
        throw new ModelkeepError("malformed", `needs ${wanted} data elements, not ${values.length}`);
      const data = new array!(wanted);
      (data as Int16Array).set(values);
      return data;
    }
  }
}

/** Here alone each entry is one element below 8 bits. */
function packSixBits(values: Int32Array, count: number): Uint8Array {
  if (values.length !== count)
    throw new ModelkeepError("malformed", `needs ${count} data elements, not ${values.length}`);
  const bytes = new Uint8Array(byteLength("float6_e2m3fn", count));
  for (let at = 0; at < count; at++) {
    const bit = at * 6;
    const shifted = (values[at]! & 0x3f) << (bit & 7);
    bytes[bit >> 3]! |= shifted;
    if (shifted > 0xff) bytes[(bit >> 3) + 1]! |= shifted >> 8;
  }
  return bytes;
}
