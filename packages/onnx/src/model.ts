/**
 * An ONNX model as plain data: the messages of onnx.proto (https://github.com/onnx/onnx, IR version 14) under their own
 * names in camel case. What a file does not have is `undefined`; lists that nearly every message has are always there.
 * Bytes and packed numbers of a decoded model are views on the file wherever alignment allows.
 */
export interface OnnxModel extends Message {
  readonly irVersion?: number;
  readonly opsetImport: readonly OnnxOperatorSet[];
  readonly producerName?: string;
  readonly producerVersion?: string;
  readonly domain?: string;
  readonly modelVersion?: bigint;
  readonly docString?: string;
  readonly graph?: OnnxGraph;
  readonly metadataProps?: readonly OnnxEntry[];
  readonly trainingInfo?: readonly OnnxTrainingInfo[];
  readonly functions?: readonly OnnxFunction[];
}

/** Fields that this library does not know, each as its bytes in the file with the tag: written back as they were. */
export interface Message {
  readonly unknownFields?: readonly Uint8Array[];
}

/** OperatorSetIdProto: a version of a domain's operators. "" is ai.onnx. */
export interface OnnxOperatorSet extends Message {
  readonly domain?: string;
  readonly version?: number;
}

/** StringStringEntryProto: a key and its text. */
export interface OnnxEntry extends Message {
  readonly key?: string;
  readonly value?: string;
}

/** GraphProto: nodes in an order in which they can run, and the constants they start from. */
export interface OnnxGraph extends Message {
  readonly node: readonly OnnxNode[];
  readonly name?: string;
  readonly initializer: readonly OnnxTensor[];
  readonly sparseInitializer?: readonly OnnxSparseTensor[];
  readonly docString?: string;
  readonly input: readonly OnnxValueInfo[];
  readonly output: readonly OnnxValueInfo[];
  readonly valueInfo?: readonly OnnxValueInfo[];
  readonly quantizationAnnotation?: readonly OnnxTensorAnnotation[];
  readonly metadataProps?: readonly OnnxEntry[];
}

/** NodeProto: one call of an operator. An empty name is an input or output that is left out. */
export interface OnnxNode extends Message {
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly name?: string;
  readonly opType?: string;
  readonly domain?: string;
  readonly overload?: string;
  readonly attribute: readonly OnnxAttribute[];
  readonly docString?: string;
  readonly metadataProps?: readonly OnnxEntry[];
}

/** FunctionProto: an operator that the model brings itself. */
export interface OnnxFunction extends Message {
  readonly name?: string;
  readonly domain?: string;
  readonly overload?: string;
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly attribute?: readonly string[];
  readonly attributeProto?: readonly OnnxAttribute[];
  readonly node: readonly OnnxNode[];
  readonly docString?: string;
  readonly opsetImport: readonly OnnxOperatorSet[];
  readonly valueInfo?: readonly OnnxValueInfo[];
  readonly metadataProps?: readonly OnnxEntry[];
}

/** `type` says which of the value fields holds: see `attributeTypes`. */
export interface OnnxAttribute extends Message {
  readonly name?: string;
  readonly refAttrName?: string;
  readonly docString?: string;
  readonly type?: number;
  readonly f?: number;
  readonly i?: bigint;
  readonly s?: Uint8Array;
  readonly t?: OnnxTensor;
  readonly g?: OnnxGraph;
  readonly sparseTensor?: OnnxSparseTensor;
  readonly tp?: OnnxType;
  readonly floats?: Float32Array;
  readonly ints?: BigInt64Array;
  readonly strings?: readonly Uint8Array[];
  readonly tensors?: readonly OnnxTensor[];
  readonly graphs?: readonly OnnxGraph[];
  readonly sparseTensors?: readonly OnnxSparseTensor[];
  readonly typeProtos?: readonly OnnxType[];
}

/** TensorProto: elements in one of several fields, by type and by who wrote them. `tensorOf` reads them all alike. */
export interface OnnxTensor extends Message {
  readonly dims: readonly number[];
  /** See `dtypeOf`. */
  readonly dataType?: number;
  readonly segment?: OnnxSegment;
  readonly floatData?: Float32Array;
  readonly int32Data?: Int32Array;
  readonly stringData?: readonly Uint8Array[];
  readonly int64Data?: BigInt64Array;
  readonly name?: string;
  readonly docString?: string;
  readonly rawData?: Uint8Array;
  readonly externalData?: readonly OnnxEntry[];
  /** 1: the bytes lie in another file, as `externalData` says. */
  readonly dataLocation?: number;
  readonly doubleData?: Float64Array;
  readonly uint64Data?: BigUint64Array;
  readonly metadataProps?: readonly OnnxEntry[];
}

/** TensorProto.Segment: the part of a larger tensor that this is. */
export interface OnnxSegment extends Message {
  readonly begin?: bigint;
  readonly end?: bigint;
}

/** SparseTensorProto: the values that are not zero, and where they are. */
export interface OnnxSparseTensor extends Message {
  readonly values?: OnnxTensor;
  readonly indices?: OnnxTensor;
  readonly dims: readonly number[];
}

/** ValueInfoProto: the name and type of an input, an output or a value between. */
export interface OnnxValueInfo extends Message {
  readonly name?: string;
  readonly type?: OnnxType;
  readonly docString?: string;
  readonly metadataProps?: readonly OnnxEntry[];
}

/** One of the `…Type` fields is set. */
export interface OnnxType extends Message {
  readonly tensorType?: OnnxTensorType;
  readonly sequenceType?: OnnxElementType;
  readonly mapType?: OnnxMapType;
  readonly optionalType?: OnnxElementType;
  readonly sparseTensorType?: OnnxTensorType;
  readonly opaqueType?: OnnxOpaqueType;
  readonly denotation?: string;
}

/** TypeProto.Tensor and TypeProto.SparseTensor: dtype and shape. */
export interface OnnxTensorType extends Message {
  readonly elemType?: number;
  /** Absent: even the rank is unknown. */
  readonly shape?: OnnxShape;
}

/** TypeProto.Sequence and TypeProto.Optional: what their elements are. */
export interface OnnxElementType extends Message {
  readonly elemType?: OnnxType;
}

/** TypeProto.Map: the types of keys and values. */
export interface OnnxMapType extends Message {
  readonly keyType?: number;
  readonly valueType?: OnnxType;
}

/** TypeProto.Opaque: a type that only its domain knows. */
export interface OnnxOpaqueType extends Message {
  readonly domain?: string;
  readonly name?: string;
}

/** TensorShapeProto: a shape, of a rank that is known. */
export interface OnnxShape extends Message {
  readonly dim: readonly OnnxDimension[];
}

/** TensorShapeProto.Dimension: a size, or a name for one that is open. */
export interface OnnxDimension extends Message {
  readonly dimValue?: number;
  readonly dimParam?: string;
  readonly denotation?: string;
}

/** TensorAnnotation: how a tensor was quantised. */
export interface OnnxTensorAnnotation extends Message {
  readonly tensorName?: string;
  readonly quantParameterTensorNames?: readonly OnnxEntry[];
}

/** TrainingInfoProto: graphs that train the model further. Kept, never run. */
export interface OnnxTrainingInfo extends Message {
  readonly initialization?: OnnxGraph;
  readonly algorithm?: OnnxGraph;
  readonly initializationBinding?: readonly OnnxEntry[];
  readonly updateBinding?: readonly OnnxEntry[];
}

/** AttributeProto.AttributeType, by the field that holds the value. */
export const attributeTypes = {
  f: 1,
  i: 2,
  s: 3,
  t: 4,
  g: 5,
  floats: 6,
  ints: 7,
  strings: 8,
  tensors: 9,
  graphs: 10,
  sparseTensor: 11,
  sparseTensors: 12,
  tp: 13,
  typeProtos: 14,
} as const;
