import {
  documentOfModel,
  dtypeKind,
  type Element,
  ModelkeepError,
  type ModelState,
  reader,
  type StateTree,
  type Tensor,
  tensorBytes,
  tensorElements,
  tensorOf,
  valuesPerElement,
} from "@modelkeep/core";

/** How tensors are written: see `JsonEncodeOptions`. */
export type TensorForm = "auto" | "numbers" | "base64";

/** JavaScript holds no longer text than this, so a longer file could not be read here again. V8's `String::kMaxLength`. */
export const longestText = 2 ** 29 - 24;

type Tree = StateTree<Tensor>;
/** Text that is ready, or a tensor to be written when its turn comes, at this indentation. */
type Part = string | { readonly tensor: Tensor; readonly indent: string; readonly numbers: boolean };

/** Elements of a tensor that are still written as numbers unless told otherwise. */
const fewElements = 256;
const pieceLength = 256 * 1024;

/**
 * The document in parts. Keys stay in the order of the state: it is the order in which a flavor tells its story, and the
 * same state gives the same text.
 */
export function jsonParts(model: ModelState, form: TensorForm): readonly Part[] {
  const parts: Part[] = [];
  let text = "";

  const writeTensor = (tensor: Tensor, indent: string) => {
    const numbers = form === "numbers" || tensor.dtype === "string" || (form === "auto" && tensor.size <= fewElements);
    parts.push(text, { tensor, indent, numbers: numbers && valuesAreExact(tensor) });
    text = "";
  };
  const writeList = (list: readonly Tree[], indent: string) => {
    const inner = `${indent}  `;
    const simple = list.every((item) => typeof item !== "object" || item === null);
    text += simple ? "[" : `[\n${inner}`;
    for (const [index, item] of list.entries()) {
      if (index > 0) text += simple ? ", " : `,\n${inner}`;
      write(item, inner);
    }
    text += simple ? "]" : `\n${indent}]`;
  };
  const writeObject = (entries: ReadonlyMap<string, Tree>, indent: string) => {
    if (entries.size === 0) text += "{}";
    const inner = `${indent}  `;
    let separator = "{";
    for (const [key, value] of entries) {
      text += `${separator}\n${inner}${JSON.stringify(key)}: `;
      write(value, inner);
      separator = ",";
    }
    if (entries.size > 0) text += `\n${indent}}`;
  };
  const write = (value: Tree, indent: string): void => {
    if (text.length > pieceLength) {
      parts.push(text);
      text = "";
    }
    if (typeof value === "number") text += String(value);
    else if (typeof value !== "object" || value === null) text += JSON.stringify(value);
    else if (Array.isArray(value)) writeList(value as readonly Tree[], indent);
    else if (!(value instanceof Map)) writeTensor(value as Tensor, indent);
    else if (value.has("$number")) text += `{ "$number": ${JSON.stringify(value.get("$number"))} }`;
    else writeObject(value as ReadonlyMap<string, Tree>, indent);
  };

  writeObject(new Map(Object.entries(documentOfModel(model, (tensor) => tensor)) as [string, Tree][]), "");
  parts.push(`${text}\n`);
  return parts;
}

/** Bytes that the document has at least: of large tensors in base64 nearly all. */
export function leastBytes(parts: readonly Part[]): number {
  let bytes = 0;
  for (const part of parts) {
    if (typeof part === "string") bytes += part.length;
    else bytes += part.numbers ? part.tensor.size * 2 : ((part.tensor.data as ArrayBufferView).byteLength * 4) / 3;
  }
  return bytes;
}

/** The document as bytes, piece by piece; `limit_exceeded` before the piece that would make it longer than any text. */
export async function* jsonBytes(parts: readonly Part[]): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  let gathered = "";
  let written = 0;
  const piece = (): Uint8Array => {
    const bytes = encoder.encode(gathered);
    gathered = "";
    written += bytes.length;
    if (written > longestText) throw tooLong();
    return bytes;
  };
  for (const part of parts) {
    for (const text of typeof part === "string" ? [part] : tensorTexts(part.tensor, part.indent, part.numbers)) {
      gathered += text;
      if (gathered.length >= pieceLength) yield piece();
    }
  }
  if (gathered.length > 0) yield piece();
}

export function tooLong(): ModelkeepError {
  return new ModelkeepError(
    "limit_exceeded",
    "As JSON this model would have more than 512 MiB, the longest text that JavaScript reads: save it as msgpack or safetensors",
  );
}

function* tensorTexts(tensor: Tensor, indent: string, numbers: boolean): Generator<string> {
  const head = `{ "$tensor": { "dtype": "${tensor.dtype}", "shape": [${tensor.shape.join(", ")}], `;
  if (!numbers) {
    yield `${head}"base64": "`;
    const bytes = tensorBytes(tensor);
    // A multiple of three bytes makes whole characters.
    const step = pieceLength * 3;
    for (let at = 0; at < bytes.length; at += step) {
      const part = bytes.subarray(at, at + step);
      yield Buffer.from(part.buffer, part.byteOffset, part.byteLength).toString("base64");
    }
    yield '" } }';
    return;
  }
  const read = reader(tensor.dtype, tensor.data);
  const length = tensor.size * valuesPerElement(tensor.dtype);
  const row = Math.max(1, (tensor.shape.at(-1) ?? 1) * valuesPerElement(tensor.dtype));
  const separator = row < length ? `\n${indent}  ` : "";
  yield `${head}"data": [${separator}`;
  let text = "";
  for (let at = 0; at < length; at++) {
    if (at > 0) text += at % row === 0 ? `,${separator === "" ? " " : separator}` : ", ";
    text += elementText(tensor, read(at));
    if (text.length >= pieceLength) {
      yield text;
      text = "";
    }
  }
  yield `${text}${separator === "" ? "" : `\n${indent}`}] } }`;
}

function elementText({ dtype }: Tensor, value: Element): string {
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? String(value) : `"${value}"`;
  if (typeof value !== "number") return JSON.stringify(value);
  if (Object.is(value, -0)) return "-0.0";
  if (!Number.isFinite(value)) return `"${value}"`;
  return dtype === "float32" || dtype === "complex64" ? shortest(value) : String(value);
}

/** The shortest decimal that rounds to the same float32: 0.1 rather than 0.10000000149011612. */
function shortest(value: number): string {
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return String(short);
  }
  return String(value);
}

/** False where numbers would lose something: the bits of a NaN, of a bool that is neither 0 nor 1, or beyond the last element. */
function valuesAreExact(tensor: Tensor): boolean {
  if (dtypeKind(tensor.dtype) === "string") return true;
  const again = tensorBytes(tensorOf(tensor.dtype, tensor.shape, tensorElements(tensor)));
  const bytes = tensorBytes(tensor);
  return bytes.every((byte, index) => byte === again[index]);
}
