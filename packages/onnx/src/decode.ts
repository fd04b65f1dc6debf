import { type Limits, ModelkeepError } from "@modelkeep/core";
import { Reader } from "protobufjs/minimal.js";

import type { OnnxModel, OnnxTensor } from "./model.js";
import { type NumberKind, NumberList, readInt64, readInteger } from "./number-list.js";
import { type Field, type MessageSchema, modelSchema, tensorSchema } from "./schema.js";
import { decodeText } from "./text.js";

export const defaultLimits = { depth: 100, items: 4_000_000 } as const;
/** Beyond this no caller may go: reading is recursive. */
const deepest = 500;

/**
 * The model in these bytes, which it keeps as views. Stricter than protobuf where parsers are known to differ: a wrong
 * wire type, a group, a single field that is there twice, text that is not UTF-8 and a model that lacks its graph or
 * versions are `malformed`.
 */
export function decodeModel(bytes: Uint8Array, options: { readonly limits?: Limits | undefined } = {}): OnnxModel {
  return requireWhole(decodeMessage(bytes, modelSchema, new Budget(options.limits)) as OnnxModel, bytes.length);
}

/** Protobuf has no end mark: what every model must have tells a whole file from one that was cut short. */
export function requireWhole(model: OnnxModel, size: number): OnnxModel {
  const { irVersion, graph, opsetImport } = model;
  const missing = irVersion === undefined ? "ir_version" : graph === undefined ? "graph" : "opset_import";
  if (irVersion !== undefined && graph !== undefined && (opsetImport.length > 0 || irVersion < 3)) return model;
  const code = size === 0 ? "truncated" : "malformed";
  throw new ModelkeepError(code, `The ONNX file has no ${missing}: it was cut short, or is something else`);
}

/** A single TensorProto, as in the `.pb` files of ONNX's test data. */
export function decodeTensor(bytes: Uint8Array, options: { readonly limits?: Limits | undefined } = {}): OnnxTensor {
  return decodeMessage(bytes, tensorSchema, new Budget(options.limits)) as OnnxTensor;
}

/** What may still be read: shared by the parts of one file. */
export class Budget {
  readonly depth: number;
  #items: number;

  constructor(limits: Limits = {}) {
    this.depth = Math.min(limits.depth ?? defaultLimits.depth, deepest);
    this.#items = limits.items ?? defaultLimits.items;
  }

  /** One more message, text or byte string. */
  take(): void {
    if (--this.#items < 0)
      throw new ModelkeepError("limit_exceeded", "The ONNX file has more messages and strings than allowed");
  }

  checkDepth(depth: number): void {
    if (depth > this.depth)
      throw new ModelkeepError("limit_exceeded", `The ONNX file is nested deeper than ${this.depth} messages`);
  }
}

/** One message of the schema that fills `bytes`. `base` and `depth` say where it lies in the file. */
export function decodeMessage(bytes: Uint8Array, schema: MessageSchema, budget: Budget, base = 0, depth = 1): object {
  const reader = new Reader(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  try {
    return readMessage(reader, schema, budget, depth);
  } catch (error) {
    if (error instanceof ModelkeepError) throw error;
    if (error instanceof Error) {
      const cut = reader.len === bytes.byteLength && error.message.startsWith("index out of range");
      throw new ModelkeepError(
        cut ? "truncated" : "malformed",
        cut
          ? `The ONNX file ends in the middle of a field that begins before byte ${base + reader.pos}`
          : `The ONNX file is malformed near byte ${base + reader.pos}: ${error.message}`,
        { cause: error, details: { at: base + reader.pos } },
      );
    }
    throw error;
  }
}

class Fault extends Error {}

function readMessage(reader: Reader, schema: MessageSchema, budget: Budget, depth: number): object {
  budget.take();
  budget.checkDepth(depth);
  const message: Record<string, unknown> = {};
  let numbers: Map<string, NumberList> | undefined;
  for (const field of schema.fields.values()) if (field.always) message[field.name] = [];
  while (reader.pos < reader.len) {
    const start = reader.pos;
    const { field, wireType } = readTag(reader, schema);
    if (field === undefined) {
      reader.skipType(wireType);
      budget.take();
      ((message["unknownFields"] ??= []) as Uint8Array[]).push(reader.raw(start, reader.pos));
    } else if (isNumbers(field)) {
      numbers ??= new Map();
      let list = numbers.get(field.name);
      if (list === undefined) numbers.set(field.name, (list = new NumberList(field.kind)));
      if (wireType === 2) within(reader, () => list.run(reader));
      else list.push(reader);
    } else readField(reader, field, wireType, message, budget, depth);
  }
  if (numbers !== undefined) for (const [name, list] of numbers) message[name] = list.finish();
  return message;
}

/** The next field of a message, which may be unknown, after its wire type has been judged. */
export function readTag(reader: Reader, schema: MessageSchema): { field: Field | undefined; wireType: number } {
  const tag = reader.tag();
  const wireType = tag & 7;
  const number = tag >>> 3;
  if (number === 0) throw new Fault("a field has the number 0");
  if (wireType === 3 || wireType === 4) throw new Fault("it has a group, which ONNX never uses");
  if (wireType > 5) throw new Fault(`a field has the unknown wire type ${wireType}`);
  const field = schema.fields.get(number);
  if (field !== undefined && !wireTypes[field.kind].includes(wireType))
    throw new Fault(`${schema.name}.${field.name} has the wire type ${wireType}`);
  return { field, wireType };
}

const wireTypes: Readonly<Record<Field["kind"], readonly number[]>> = {
  integer: [0],
  int64: [0],
  float: [5],
  string: [2],
  bytes: [2],
  integers: [0, 2],
  int64s: [0, 2],
  uint64s: [0, 2],
  int32s: [0, 2],
  floats: [5, 2],
  doubles: [1, 2],
  strings: [2],
  bytesList: [2],
  message: [2],
  messages: [2],
};

function isNumbers(field: Field): field is Field & { kind: NumberKind } {
  return ["floats", "doubles", "int32s", "int64s", "uint64s"].includes(field.kind);
}

function readField(
  reader: Reader,
  field: Field,
  wireType: number,
  message: Record<string, unknown>,
  budget: Budget,
  depth: number,
): void {
  const { name } = field;
  switch (field.kind) {
    case "integers":
      if (wireType === 2)
        within(reader, () => {
          while (reader.pos < reader.len) append(message, name, integer(reader, name));
        });
      else append(message, name, integer(reader, name));
      return;
    case "strings":
      budget.take();
      append(message, name, text(reader, name));
      return;
    case "bytesList":
      budget.take();
      append(message, name, reader.bytes());
      return;
    case "messages":
      within(reader, () => append(message, name, readMessage(reader, field.message!, budget, depth + 1)));
      return;
    default:
      if (message[name] !== undefined) throw new Fault(`${name} is there twice`);
      message[name] = readSingle(reader, field, budget, depth);
  }
}

function readSingle(reader: Reader, field: Field, budget: Budget, depth: number): unknown {
  switch (field.kind) {
    case "integer":
      return integer(reader, field.name);
    case "int64":
      return readInt64(reader);
    case "float":
      return reader.float();
    case "string":
      return text(reader, field.name);
    case "bytes":
      return reader.bytes();
    default:
      return within(reader, () => readMessage(reader, field.message!, budget, depth + 1));
  }
}

/** Reads a length, and what it spans by `read`, which sees nothing beyond. */
function within<T>(reader: Reader, read: () => T): T {
  const length = reader.size();
  const outer = reader.len;
  const end = reader.pos + length;
  if (end > outer) throw new RangeError(`index out of range: ${reader.pos} + ${length} > ${outer}`);
  reader.len = end;
  const result = read();
  reader.len = outer;
  return result;
}

function append(message: Record<string, unknown>, name: string, value: unknown): void {
  ((message[name] ??= []) as unknown[]).push(value);
}

function integer(reader: Reader, name: string): number {
  const number = readInteger(reader);
  if (number === undefined) throw new Fault(`${name} is beyond 2^53`);
  return number;
}

function text(reader: Reader, name: string): string {
  const decoded = decodeText(reader.bytes());
  if (decoded === undefined) throw new Fault(`${name} is not UTF-8`);
  return decoded;
}
