import { type DType, type Json, ModelkeepError, type Tensor, tensorBytes, ZipWriter } from "@modelkeep/core";

import { latin1Bytes } from "../globals/known.js";
import { ByteParts } from "../write/byte-parts.js";

const storageNames = new Map<DType, string>([
  ["float64", "DoubleStorage"],
  ["float32", "FloatStorage"],
  ["float16", "HalfStorage"],
  ["bfloat16", "BFloat16Storage"],
  ["int64", "LongStorage"],
  ["int32", "IntStorage"],
  ["int16", "ShortStorage"],
  ["int8", "CharStorage"],
  ["uint8", "ByteStorage"],
  ["bool", "BoolStorage"],
  ["complex64", "ComplexFloatStorage"],
  ["complex128", "ComplexDoubleStorage"],
]);

const stem = "archive/";
/** Elements of larger tensors are streamed: their checksums follow them. */
const inMemory = 64 << 20;

/**
 * Tensors, and plain values beside them, as a file that `torch.load(path, weights_only=True)` gives back as a dict. Elements
 * are yielded as views. Throws `unsupported` for element types that PyTorch keeps in another way.
 */
export function writeTorch(
  tensors: ReadonlyMap<string, Tensor>,
  values: ReadonlyMap<string, Json> = new Map(),
): () => AsyncIterable<Uint8Array> {
  const pickle = joined(writeDict(tensors, values));
  return async function* open() {
    const writer = new ZipWriter(new Date(0));
    yield* writer.small(`${stem}data.pkl`, pickle, 0);
    yield* writer.small(`${stem}byteorder`, text("little"), 0);
    let key = 0;
    for (const tensor of tensors.values()) {
      const bytes = tensorBytes(tensor);
      const name = `${stem}data/${key++}`;
      if (bytes.length < inMemory) yield* writer.small(name, bytes, 0);
      else yield* writer.large(name, bytes.length, pieces(bytes), 0);
    }
    yield* writer.small(`${stem}version`, text("3\n"), 0);
    yield* writer.end();
  };
}

/** In protocol 2, which `weights_only` reads in every version. */
function writeDict(tensors: ReadonlyMap<string, Tensor>, values: ReadonlyMap<string, Json>): ByteParts {
  const parts = new ByteParts();
  parts.bytes(0x80, 2, 0x7d, 0x28);
  let key = 0;
  for (const [name, tensor] of tensors) {
    writeText(parts, name);
    writeTensor(parts, tensor, name, key++);
  }
  for (const [name, value] of values) {
    if (tensors.has(name)) throw new TypeError(`A tensor and a value are both named ${JSON.stringify(name)}`);
    writeText(parts, name);
    writeValue(parts, value, name);
  }
  parts.bytes(0x75, 0x2e);
  return parts;
}

/** `_rebuild_tensor_v2(storage, 0, shape, strides, False, OrderedDict())`, the storage by a persistent id. */
function writeTensor(parts: ByteParts, { dtype, shape, size }: Tensor, name: string, key: number): void {
  const storage = storageNames.get(dtype);
  if (storage === undefined)
    throw new ModelkeepError(
      "unsupported",
      `The tensor ${JSON.stringify(name)} is of ${dtype}, which a file of PyTorch's tensors does not hold`,
    );
  writeGlobal(parts, "torch._utils", "_rebuild_tensor_v2");
  parts.bytes(0x28, 0x28);
  writeText(parts, "storage");
  writeGlobal(parts, "torch", storage);
  writeText(parts, String(key));
  writeText(parts, "cpu");
  writeInteger(parts, size);
  parts.bytes(0x74, 0x51);
  writeInteger(parts, 0);
  writeIntegers(parts, shape);
  writeIntegers(
    parts,
    shape.map((_, axis) => shape.slice(axis + 1).reduce((product, length) => product * length, 1)),
  );
  parts.bytes(0x89);
  writeGlobal(parts, "collections", "OrderedDict");
  parts.bytes(0x29, 0x52, 0x74, 0x52);
}

function writeValue(parts: ByteParts, value: Json, name: string): void {
  if (value === null) parts.bytes(0x4e);
  else if (typeof value === "boolean") parts.bytes(value ? 0x88 : 0x89);
  else if (typeof value === "string") writeText(parts, value);
  else if (typeof value === "number" && Number.isSafeInteger(value) && !Object.is(value, -0))
    writeInteger(parts, value);
  else if (typeof value === "number") {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setFloat64(0, value, false);
    parts.bytes(0x47, ...bytes);
  } else throw new ModelkeepError("unsupported", `The value ${JSON.stringify(name)} is neither a number nor a text`);
}

function writeText(parts: ByteParts, value: string): void {
  const bytes = text(value);
  parts.uint32(0x58, bytes.length);
  parts.append(bytes);
}

function writeInteger(parts: ByteParts, value: number): void {
  if (value === (value | 0)) parts.uint32(0x4a, value);
  else {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigInt64(0, BigInt(value), true);
    parts.bytes(0x8a, 8, ...bytes);
  }
}

function writeIntegers(parts: ByteParts, values: readonly number[]): void {
  parts.bytes(0x28);
  for (const value of values) writeInteger(parts, value);
  parts.bytes(0x74);
}

function writeGlobal(parts: ByteParts, module: string, name: string): void {
  parts.bytes(0x63);
  parts.append(latin1Bytes(`${module}\n${name}\n`) as Uint8Array);
}

function joined(parts: ByteParts): Uint8Array {
  const bytes = new Uint8Array(parts.size);
  let at = 0;
  for (const part of parts.finish()) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function text(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 1 << 24) yield bytes.subarray(at, at + (1 << 24));
}
