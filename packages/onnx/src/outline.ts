import { type CallOptions, type Limits, ModelkeepError } from "@modelkeep/core";
import { Reader } from "protobufjs/minimal.js";

import { Budget, decodeMessage, readTag, requireWhole } from "./decode.js";
import type { OnnxModel } from "./model.js";
import { type Field, type MessageSchema, modelSchema } from "./schema.js";

/** A file that can be read in ranges; a payload is one. */
export interface RangeSource {
  readonly size: number;
  range(start: number, end: number, options?: CallOptions): Promise<Uint8Array>;
}

/** Limits of what `outlineModel` reads. */
export interface OutlineOptions extends CallOptions {
  readonly limits?: Limits | undefined;
}

/** Messages up to this size are read whole, byte strings and packed lists beyond it are passed over. */
const wholeLimit = 4 * 1024;
const smallestRead = 4 * 1024;
const largestRead = 256 * 1024;
/** More than a tag with a length or a number can have. */
const headLimit = 20;

/**
 * The model without its weights: everything but byte strings, texts and packed lists of more than 4 KiB, read in as few
 * ranges as that takes. A 2 GB file costs kilobytes per initializer.
 */
export async function readOutline(source: RangeSource, options: OutlineOptions = {}): Promise<OnnxModel> {
  const window = new Window(source, options);
  const model = await walk(window, modelSchema, 0, source.size, new Budget(options.limits), 1);
  return requireWhole(model as OnnxModel, source.size);
}

/** What was read last, and how much to read next: more while reads go straight on, little after a jump. */
class Window {
  readonly #source: RangeSource;
  readonly #options: CallOptions;
  #bytes = new Uint8Array(0);
  #start = 0;
  #next = smallestRead;

  constructor(source: RangeSource, options: CallOptions) {
    this.#source = source;
    this.#options = options;
  }

  /** The bytes if they are in memory already: what keeps a loop over many small fields off the event loop. */
  held(start: number, end: number): Uint8Array | undefined {
    if (start < this.#start || end > this.#start + this.#bytes.length) return undefined;
    return this.#bytes.subarray(start - this.#start, end - this.#start);
  }

  async read(start: number, end: number): Promise<Uint8Array> {
    const straight = start <= this.#start + this.#bytes.length;
    this.#next = straight ? Math.min(largestRead, this.#next * 2) : smallestRead;
    const until = Math.min(this.#source.size, Math.max(end, start + this.#next));
    this.#bytes = new Uint8Array(await this.#source.range(start, until, this.#options));
    this.#start = start;
    if (this.#bytes.length < end - start)
      throw new ModelkeepError("truncated", `The ONNX file ends at byte ${start + this.#bytes.length}`);
    return this.#bytes.subarray(0, end - start);
  }
}

async function walk(
  window: Window,
  schema: MessageSchema,
  start: number,
  end: number,
  budget: Budget,
  depth: number,
): Promise<object> {
  budget.checkDepth(depth);
  const kept = new KeptFields();
  const children: { field: Field; message: object }[] = [];
  for (let at = start; at < end;) {
    const until = Math.min(end, at + headLimit);
    const bytes = window.held(at, until) ?? (await window.read(at, until));
    const head = readHead(bytes, schema, at, end);
    const { field } = head;
    const next = head.content + head.size;
    if (next > end) {
      throw new ModelkeepError(
        depth === 1 ? "truncated" : "malformed",
        `A field at byte ${at} of the ONNX file goes beyond its end`,
      );
    }
    if (field?.kind === "message" || field?.kind === "messages") {
      if (field.kind === "message" && children.some((child) => child.field === field))
        throw new ModelkeepError("malformed", `${schema.name}.${field.name} is there twice`, { details: { at } });
      const inner = field.message!;
      const message =
        head.size > wholeLimit
          ? await walk(window, inner, head.content, next, budget, depth + 1)
          : decodeMessage(
              window.held(head.content, next)?.slice() ?? (await window.read(head.content, next)).slice(),
              inner,
              budget,
              head.content,
              depth + 1,
            );
      children.push({ field, message });
    } else if (field !== undefined && head.size <= wholeLimit) {
      kept.add(window.held(at, next) ?? (await window.read(at, next)));
    }
    at = next;
  }
  const message = decodeMessage(kept.finish(), schema, budget, start, depth) as Record<string, unknown>;
  for (const { field, message: child } of children) {
    if (field.kind === "message") message[field.name] = child;
    else ((message[field.name] ??= []) as object[]).push(child);
  }
  return message;
}

/** A tag, and where the content lies and how long it is. */
function readHead(
  bytes: Uint8Array,
  schema: MessageSchema,
  at: number,
  end: number,
): { field: Field | undefined; content: number; size: number } {
  const reader = new Reader(bytes);
  try {
    const { field, wireType } = readTag(reader, schema);
    if (wireType === 2) {
      const size = reader.size();
      return { field, content: at + reader.pos, size };
    }
    const content = reader.pos;
    if (wireType === 0) reader.skip();
    else reader.pos += wireType === 1 ? 8 : 4;
    return { field, content: at + content, size: reader.pos - content };
  } catch (cause) {
    const cut = at + bytes.length === end && (cause as Error).message.startsWith("index out of range");
    throw new ModelkeepError(
      cut ? "truncated" : "malformed",
      `The ONNX file is malformed at byte ${at}: ${(cause as Error).message}`,
      { cause, details: { at } },
    );
  }
}

/** The small fields of a message, one after the other: a message that can be decoded as usual. */
class KeptFields {
  #bytes = new Uint8Array(256);
  #length = 0;

  add(field: Uint8Array): void {
    const length = this.#length + field.length;
    if (length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(length, this.#bytes.length * 2));
      grown.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = grown;
    }
    this.#bytes.set(field, this.#length);
    this.#length = length;
  }

  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }
}
