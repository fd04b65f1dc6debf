import { byteLength, dataLength, type DType, elementCount, isModelkeepError } from "@modelkeep/core";

import { dtypeOf } from "../data-type.js";
import { externalReference } from "../external-data.js";
import type { OnnxSparseTensor, OnnxTensor } from "../model.js";
import type { GraphContext } from "./context.js";
import type { Faults } from "./faults.js";

/** A known data type, a sound shape, exactly as much data as it needs in the field it needs, or a sound reference. */
export function checkTensor(tensor: OnnxTensor, where: string, context: GraphContext): void {
  const { faults } = context;
  const dtype = dtypeOf(tensor.dataType);
  if (dtype === undefined) {
    faults.add(where, `has the unknown data type ${tensor.dataType ?? 0}`);
    return;
  }
  try {
    const count = elementCount(tensor.dims);
    if (tensor.segment !== undefined) faults.add(where, "is stored in segments, which nothing reads");
    if (tensor.dataLocation === 1) {
      externalReference(tensor, context.options.fileSize);
      if (tensor.rawData !== undefined && tensor.rawData.length > 0)
        faults.add(where, "has data here and in another file");
    } else checkData(tensor, dtype, count, where, faults);
  } catch (error) {
    if (!isModelkeepError(error)) throw error;
    faults.add(where, `is wrong: ${error.message}`);
  }
}

const dataFields = ["floatData", "int32Data", "stringData", "int64Data", "doubleData", "uint64Data"] as const;

function checkData(tensor: OnnxTensor, dtype: DType, count: number, where: string, faults: Faults): void {
  const used = dataFields.filter((field) => (tensor[field]?.length ?? 0) > 0);
  if (tensor.rawData !== undefined) {
    if (dtype === "string") faults.add(where, "has strings as raw data");
    else if (used.length > 0) faults.add(where, "has its data twice");
    else {
      const wanted = byteLength(dtype, count);
      if (tensor.rawData.length !== wanted)
        faults.add(where, `has ${tensor.rawData.length} bytes, its shape needs ${wanted}`);
    }
    return;
  }
  const field = dataField(dtype);
  for (const other of used) if (other !== field) faults.add(where, `is of ${dtype} and has data in ${other}`);
  const present = tensor[field]?.length ?? 0;
  const sixBit = dtype === "float6_e2m3fn" || dtype === "float6_e3m2fn";
  const wanted = sixBit ? count : dataLength(dtype, count);
  if (present !== wanted) faults.add(where, `has ${present} data elements, its shape needs ${wanted}`);
}

/** The field of TensorProto that holds elements of a dtype when they are not raw. */
function dataField(dtype: DType): (typeof dataFields)[number] {
  switch (dtype) {
    case "string":
      return "stringData";
    case "float32":
    case "complex64":
      return "floatData";
    case "float64":
    case "complex128":
      return "doubleData";
    case "int64":
      return "int64Data";
    case "uint32":
    case "uint64":
      return "uint64Data";
    default:
      return "int32Data";
  }
}

export function checkSparseTensor(sparse: OnnxSparseTensor, where: string, context: GraphContext): void {
  const { values, indices } = sparse;
  if (values === undefined) {
    context.faults.add(where, "has no values");
    return;
  }
  checkTensor(values, `${where}, values`, context);
  if (indices !== undefined) checkTensor(indices, `${where}, indices`, context);
  if (values.dims.length !== 1)
    context.faults.add(where, `has values of ${values.dims.length} dimensions instead of one`);
  const count = values.dims[0] ?? 0;
  if (count > 0 && indices?.dims[0] !== count) context.faults.add(where, "has not as many indices as values");
}
