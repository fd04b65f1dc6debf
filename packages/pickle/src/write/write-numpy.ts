import { joinBytes, ModelkeepError, type Tensor, tensorBytes, ZipWriter } from "@modelkeep/core";

import { numpyCodes } from "./numpy-codes.js";

/** The header and the elements together end at a multiple of this, so that arrays can be mapped. */
const alignment = 64;
const inMemory = 64 << 20;

/** A tensor as a `.npy` file, format 1.0 (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html). */
export function writeNpy(tensor: Tensor): () => AsyncIterable<Uint8Array> {
  const [header, elements] = npyParts(tensor);
  return async function* open() {
    yield header;
    if (elements.length > 0) yield elements;
  };
}

/** Tensors as a `.npz` archive, stored or, with a level of 1 to 9, deflated, as `np.savez` and `np.savez_compressed` do. */
export function writeNpz(tensors: ReadonlyMap<string, Tensor>, level = 0): () => AsyncIterable<Uint8Array> {
  const files = Array.from(tensors, ([name, tensor]) => ({ name: `${name}.npy`, parts: npyParts(tensor) }));
  return async function* open() {
    const writer = new ZipWriter(new Date(0));
    for (const { name, parts } of files) {
      const size = parts[0].length + parts[1].length;
      if (size < inMemory) yield* writer.small(name, joinBytes(parts), level);
      else yield* writer.large(name, size, pieces(parts), level);
    }
    yield* writer.end();
  };
}

function npyParts(tensor: Tensor): readonly [header: Uint8Array, elements: Uint8Array] {
  const { descr, elements } = tensor.dtype === "string" ? texts(tensor) : numbers(tensor);
  const shape = tensor.shape.length === 1 ? `${tensor.shape[0]},` : tensor.shape.join(", ");
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${shape}), }`;
  const padding = (alignment - ((10 + text.length + 1) % alignment)) % alignment;
  const body = new TextEncoder().encode(`${text}${" ".repeat(padding)}\n`);
  const header = new Uint8Array(10 + body.length);
  header.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, body.length & 0xff, body.length >> 8]);
  header.set(body, 10);
  return [header, elements];
}

function numbers(tensor: Tensor): { descr: string; elements: Uint8Array } {
  const code = numpyCodes.get(tensor.dtype);
  if (code === undefined)
    throw new ModelkeepError("unsupported", `A tensor of ${tensor.dtype} cannot be written: NumPy does not have it`);
  return { descr: `${code.endsWith("1") ? "|" : "<"}${code}`, elements: tensorBytes(tensor) };
}

/** Texts of one width, in UTF-32. */
function texts(tensor: Tensor): { descr: string; elements: Uint8Array } {
  const items = (tensor.data as readonly string[]).map((item) => Array.from(item, (each) => each.codePointAt(0)!));
  const width = Math.max(1, ...items.map((item) => item.length));
  if (items.some((item) => item.at(-1) === 0))
    throw new ModelkeepError("unsupported", "A text that ends in NUL cannot be written: NumPy drops it");
  const elements = new Uint32Array(items.length * width);
  for (const [index, item] of items.entries()) elements.set(item, index * width);
  return { descr: `<U${width}`, elements: new Uint8Array(elements.buffer) };
}

async function* pieces(parts: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) for (let at = 0; at < part.length; at += 1 << 24) yield part.subarray(at, at + (1 << 24));
}
