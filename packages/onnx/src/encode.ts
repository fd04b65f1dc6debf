import { ModelkeepError } from "@modelkeep/core";
import { Writer } from "protobufjs/minimal.js";

import { defaultLimits } from "./decode.js";
import type { OnnxModel } from "./model.js";
import { type Field, type MessageSchema, modelSchema } from "./schema.js";

/** Bytes from this size on are handed on as views, not copied. */
const viewThreshold = 64 * 1024;
/** The most that protobuf allows for one message. */
export const messageLimit = 2 ** 31 - 1;

/**
 * The file as a list of chunks, in which large raw data are views on the model: don't change either before both are
 * done with. Fields go in the order of the schema. `limit_exceeded` beyond 2 GiB: see `externalize`.
 */
export function encodeModel(model: OnnxModel): Uint8Array[] {
  const output = encodeMessage(model, modelSchema, 1);
  checkSize(output.size);
  return output.finish();
}

/** `encodeModel` as one array. */
export function encodeModelBytes(model: OnnxModel): Uint8Array {
  const output = encodeMessage(model, modelSchema, 1);
  checkSize(output.size);
  const bytes = new Uint8Array(output.size);
  let at = 0;
  for (const chunk of output.finish()) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

function checkSize(size: number): void {
  if (size > messageLimit) {
    throw new ModelkeepError(
      "limit_exceeded",
      `The ONNX model has ${size} bytes, protobuf allows ${messageLimit}: keep large initializers as external data`,
    );
  }
}

/** Small fields gathered in one writer, large ones as views between. */
class Output {
  readonly #chunks: Uint8Array[] = [];
  #writer = new Writer();
  #size = 0;

  get writer(): Writer {
    return this.#writer;
  }

  get size(): number {
    return this.#size + this.#writer.len;
  }

  view(bytes: Uint8Array): void {
    if (bytes.length < viewThreshold) this.#writer.raw(bytes);
    else {
      this.#flush();
      this.#append(bytes);
    }
  }

  /** A tag, a length and the bytes. */
  field(number: number, size: number, chunks: readonly Uint8Array[]): void {
    checkSize(size);
    this.#writer.uint32((number << 3) | 2).uint32(size);
    for (const chunk of chunks) this.view(chunk);
  }

  finish(): Uint8Array[] {
    this.#flush();
    return this.#chunks;
  }

  #flush(): void {
    if (this.#writer.len > 0) this.#append(this.#writer.finish());
    this.#writer = new Writer();
  }

  #append(bytes: Uint8Array): void {
    this.#chunks.push(bytes);
    this.#size += bytes.length;
  }
}

function encodeMessage(message: object, schema: MessageSchema, depth: number): Output {
  if (depth > defaultLimits.depth)
    throw new ModelkeepError("limit_exceeded", `The ONNX model is nested deeper than ${defaultLimits.depth} messages`);
  const output = new Output();
  const values = message as Record<string, unknown>;
  const unknown = (values["unknownFields"] ?? []) as Uint8Array[];
  let left = schema.fields.size;
  for (const field of schema.fields.values()) {
    if (--left === 0) for (const raw of unknown) output.view(raw);
    const value = values[field.name];
    if (value !== undefined) writeField(output, field, value, depth);
  }
  return output;
}

function writeField(output: Output, field: Field, value: unknown, depth: number): void {
  const { number } = field;
  switch (field.kind) {
    case "integer":
    case "int64":
      writeInteger(output.writer.uint32(number << 3), value as number | bigint);
      return;
    case "float":
      output.writer.uint32((number << 3) | 5).float(value as number);
      return;
    case "string":
      output.writer.uint32((number << 3) | 2).string(value as string);
      return;
    case "bytes":
      output.field(number, (value as Uint8Array).length, [value as Uint8Array]);
      return;
    case "strings":
      for (const each of value as string[]) output.writer.uint32((number << 3) | 2).string(each);
      return;
    case "bytesList":
      for (const each of value as Uint8Array[]) output.field(number, each.length, [each]);
      return;
    case "message":
      writeMessage(output, field, value as object, depth);
      return;
    case "messages":
      for (const each of value as object[]) writeMessage(output, field, each, depth);
      return;
    default:
      writeNumbers(output, field, value as ArrayLike<number | bigint>);
  }
}

function writeMessage(output: Output, field: Field, value: object, depth: number): void {
  const inner = encodeMessage(value, field.message!, depth + 1);
  const size = inner.size;
  output.field(field.number, size, inner.finish());
}

function writeNumbers(output: Output, field: Field, values: ArrayLike<number | bigint>): void {
  const { number } = field;
  if (field.kind === "floats" || field.kind === "doubles") {
    const array = values as Float32Array | Float64Array;
    if (field.packed) {
      const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
      output.field(number, bytes.length, [bytes]);
    } else for (const each of array) output.writer.uint32((number << 3) | 5).float(each);
    return;
  }
  if (!field.packed) {
    for (let at = 0; at < values.length; at++) writeInteger(output.writer.uint32(number << 3), values[at]!);
    return;
  }
  const packed = new Writer();
  for (let at = 0; at < values.length; at++) writeInteger(packed, values[at]!);
  const bytes = packed.finish();
  output.field(number, bytes.length, [bytes]);
}

function writeInteger(writer: Writer, value: number | bigint): void {
  if (typeof value === "number" && value >= 0 && value < 0x8000_0000) writer.uint32(value);
  else if (typeof value === "bigint" && value >= 0n && value < 0x8000_0000n) writer.uint32(Number(value));
  else {
    const whole = BigInt(value);
    const low = Number(BigInt.asIntN(32, whole));
    const high = Number(BigInt.asIntN(32, whole >> 32n));
    writer.int64({ low, high, unsigned: false });
  }
}
