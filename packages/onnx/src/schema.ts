import type * as model from "./model.js";

/** How one field is written on the wire and held in memory. */
export type Kind =
  /** int64 or int32 as a number: beyond 2^53 it is refused. */
  | "integer"
  | "int64"
  | "float"
  | "string"
  | "bytes"
  /** Repeated, packed or not, in a plain array or typed array. */
  | "integers"
  | "int64s"
  | "uint64s"
  | "int32s"
  | "floats"
  | "doubles"
  | "strings"
  | "bytesList"
  | "message"
  | "messages";

export interface Field {
  readonly name: string;
  readonly number: number;
  readonly kind: Kind;
  readonly packed: boolean;
  readonly always: boolean;
  readonly message: MessageSchema | undefined;
}

/** The fields of one message of onnx.proto by number, in the order in which they are written. */
export interface MessageSchema {
  readonly name: string;
  readonly fields: ReadonlyMap<number, Field>;
}

type Row = readonly [number: number, kind: Kind, ...rest: readonly (MessageSchema | "packed" | "always")[]];
type Rows<M> = { readonly [Name in Exclude<keyof M, "unknownFields">]-?: Row };

function message<M>(name: string, rows: Rows<M>): MessageSchema {
  return define({ name, fields: new Map() }, rows);
}

/** Fills in a schema that was declared before, so that messages may contain each other. */
function define<M>(schema: MessageSchema, rows: Rows<M>): MessageSchema {
  const fields = schema.fields as Map<number, Field>;
  for (const [name, row] of Object.entries<Row>(rows)) {
    const [number, kind, ...rest] = row;
    fields.set(number, {
      name,
      number,
      kind,
      packed: rest.includes("packed"),
      always: rest.includes("always"),
      message: rest.find((each) => typeof each === "object"),
    });
  }
  return schema;
}

const graph: MessageSchema = { name: "GraphProto", fields: new Map() };
const type: MessageSchema = { name: "TypeProto", fields: new Map() };

const entry = message<model.OnnxEntry>("StringStringEntryProto", { key: [1, "string"], value: [2, "string"] });

const operatorSet = message<model.OnnxOperatorSet>("OperatorSetIdProto", {
  domain: [1, "string"],
  version: [2, "integer"],
});

const segment = message<model.OnnxSegment>("TensorProto.Segment", { begin: [1, "int64"], end: [2, "int64"] });

export const tensorSchema = message<model.OnnxTensor>("TensorProto", {
  dims: [1, "integers", "always"],
  dataType: [2, "integer"],
  segment: [3, "message", segment],
  floatData: [4, "floats", "packed"],
  int32Data: [5, "int32s", "packed"],
  stringData: [6, "bytesList"],
  int64Data: [7, "int64s", "packed"],
  name: [8, "string"],
  docString: [12, "string"],
  rawData: [9, "bytes"],
  externalData: [13, "messages", entry],
  dataLocation: [14, "integer"],
  doubleData: [10, "doubles", "packed"],
  uint64Data: [11, "uint64s", "packed"],
  metadataProps: [16, "messages", entry],
});

const sparseTensor = message<model.OnnxSparseTensor>("SparseTensorProto", {
  values: [1, "message", tensorSchema],
  indices: [2, "message", tensorSchema],
  dims: [3, "integers", "always"],
});

const attribute = message<model.OnnxAttribute>("AttributeProto", {
  name: [1, "string"],
  refAttrName: [21, "string"],
  docString: [13, "string"],
  type: [20, "integer"],
  f: [2, "float"],
  i: [3, "int64"],
  s: [4, "bytes"],
  t: [5, "message", tensorSchema],
  g: [6, "message", graph],
  sparseTensor: [22, "message", sparseTensor],
  tp: [14, "message", type],
  floats: [7, "floats"],
  ints: [8, "int64s"],
  strings: [9, "bytesList"],
  tensors: [10, "messages", tensorSchema],
  graphs: [11, "messages", graph],
  sparseTensors: [23, "messages", sparseTensor],
  typeProtos: [15, "messages", type],
});

const node = message<model.OnnxNode>("NodeProto", {
  input: [1, "strings", "always"],
  output: [2, "strings", "always"],
  name: [3, "string"],
  opType: [4, "string"],
  domain: [7, "string"],
  overload: [8, "string"],
  attribute: [5, "messages", attribute, "always"],
  docString: [6, "string"],
  metadataProps: [9, "messages", entry],
});

const dimension = message<model.OnnxDimension>("TensorShapeProto.Dimension", {
  dimValue: [1, "integer"],
  dimParam: [2, "string"],
  denotation: [3, "string"],
});
const shape = message<model.OnnxShape>("TensorShapeProto", { dim: [1, "messages", dimension, "always"] });
const tensorType = message<model.OnnxTensorType>("TypeProto.Tensor", {
  elemType: [1, "integer"],
  shape: [2, "message", shape],
});
const elementType = message<model.OnnxElementType>("TypeProto.Sequence", { elemType: [1, "message", type] });
const mapType = message<model.OnnxMapType>("TypeProto.Map", {
  keyType: [1, "integer"],
  valueType: [2, "message", type],
});
const opaqueType = message<model.OnnxOpaqueType>("TypeProto.Opaque", { domain: [1, "string"], name: [2, "string"] });

define<model.OnnxType>(type, {
  tensorType: [1, "message", tensorType],
  sequenceType: [4, "message", elementType],
  mapType: [5, "message", mapType],
  optionalType: [9, "message", elementType],
  sparseTensorType: [8, "message", tensorType],
  opaqueType: [7, "message", opaqueType],
  denotation: [6, "string"],
});

const valueInfo = message<model.OnnxValueInfo>("ValueInfoProto", {
  name: [1, "string"],
  type: [2, "message", type],
  docString: [3, "string"],
  metadataProps: [4, "messages", entry],
});

const tensorAnnotation = message<model.OnnxTensorAnnotation>("TensorAnnotation", {
  tensorName: [1, "string"],
  quantParameterTensorNames: [2, "messages", entry],
});

define<model.OnnxGraph>(graph, {
  node: [1, "messages", node, "always"],
  name: [2, "string"],
  initializer: [5, "messages", tensorSchema, "always"],
  sparseInitializer: [15, "messages", sparseTensor],
  docString: [10, "string"],
  input: [11, "messages", valueInfo, "always"],
  output: [12, "messages", valueInfo, "always"],
  valueInfo: [13, "messages", valueInfo],
  quantizationAnnotation: [14, "messages", tensorAnnotation],
  metadataProps: [16, "messages", entry],
});

const trainingInfo = message<model.OnnxTrainingInfo>("TrainingInfoProto", {
  initialization: [1, "message", graph],
  algorithm: [2, "message", graph],
  initializationBinding: [3, "messages", entry],
  updateBinding: [4, "messages", entry],
});

const functionSchema = message<model.OnnxFunction>("FunctionProto", {
  name: [1, "string"],
  input: [4, "strings", "always"],
  output: [5, "strings", "always"],
  attribute: [6, "strings"],
  attributeProto: [11, "messages", attribute],
  node: [7, "messages", node, "always"],
  docString: [8, "string"],
  opsetImport: [9, "messages", operatorSet, "always"],
  domain: [10, "string"],
  overload: [13, "string"],
  valueInfo: [12, "messages", valueInfo],
  metadataProps: [14, "messages", entry],
});

/** The graph is written last: a file that was cut short lacks it, and never passes for whole. */
export const modelSchema = message<model.OnnxModel>("ModelProto", {
  irVersion: [1, "integer"],
  opsetImport: [8, "messages", operatorSet, "always"],
  producerName: [2, "string"],
  producerVersion: [3, "string"],
  domain: [4, "string"],
  modelVersion: [5, "int64"],
  docString: [6, "string"],
  metadataProps: [14, "messages", entry],
  trainingInfo: [20, "messages", trainingInfo],
  functions: [25, "messages", functionSchema],
  graph: [7, "message", graph],
});
