import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

import { isModelkeepError, ModelkeepError } from "@modelkeep/core";

/** One row as it stands in a file: values in order, or by the name of the feature. */
export type Row = readonly unknown[] | Readonly<Record<string, unknown>>;

/** A whole JSON document (unlike CSV and JSON Lines, which stream) may have at most this many bytes. */
const jsonLimit = 256 * 1024 * 1024;

/**
 * Rows of a CSV (first line names, unless it is all numbers), JSON (list of rows, or columns by name) or JSON Lines file,
 * `-` for standard input. By content, since names lie.
 */
export async function* readRows(path: string): AsyncGenerator<Row> {
  const stream: Readable = path === "-" ? process.stdin : createReadStream(path);
  const { head, rest } = await peek(stream);
  const first = /\S/u.exec(head)?.[0];
  if (first === "[" || first === "{")
    yield* looksLikeLines(head) ? readLines(rest) : fromJson(await readAll(rest), path);
  else yield* readCsv(rest, path);
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** Rows in groups of at most `size`. */
export async function* batches(rows: AsyncIterable<Row>, size: number): AsyncGenerator<Row[]> {
  let batch: Row[] = [];
  for await (const row of rows) {
    batch.push(row);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** The beginning of a stream, and the whole of it again. */
async function peek(stream: Readable): Promise<{ head: string; rest: AsyncGenerator<Buffer> }> {
  const chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  const first = await chunks.next();
  async function* rest(): AsyncGenerator<Buffer> {
    for (let next = first; next.done !== true; next = await chunks.next()) yield next.value;
  }
  return { head: first.done === true ? "" : first.value.toString("utf8", 0, 65536), rest: rest() };
}

/** JSON Lines: the first line is a whole value, and another one follows. */
function looksLikeLines(head: string): boolean {
  const text = head.trimStart();
  const end = text.indexOf("\n");
  if (end < 0 || !/\S/u.test(text.slice(end))) return false;
  try {
    JSON.parse(text.slice(0, end));
  } catch {
    return false;
  }
  return true;
}

async function* readLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<Row> {
  const { Readable } = await import("node:stream");
  let number = 0;
  for await (const line of createInterface({ input: Readable.from(chunks), crlfDelay: Infinity })) {
    number++;
    if (line.trim() === "") continue;
    yield asRow(parse(line, `line ${number}`), `line ${number}`);
  }
}

function fromJson(text: string, path: string): Row[] {
  const value = parse(text, path);
  if (Array.isArray(value)) return value.map((row, index) => asRow(row, `row ${index + 1}`));
  if (typeof value === "object" && value !== null) return fromColumns(value as Record<string, unknown>, path);
  throw new ModelkeepError("invalid_input", `${path} holds no rows: a list of rows, or columns by name`);
}

/** Columns of the same length by name, or one row by name. */
function fromColumns(columns: Record<string, unknown>, path: string): Row[] {
  const names = Object.keys(columns);
  if (!names.every((name) => Array.isArray(columns[name]))) return [columns];
  const lists = columns as Record<string, readonly unknown[]>;
  const count = lists[names[0] ?? ""]?.length ?? 0;
  for (const name of names) {
    if (lists[name]!.length !== count)
      throw new ModelkeepError(
        "invalid_input",
        `${path}: the column ${JSON.stringify(name)} has ${lists[name]!.length} values, not ${count}`,
      );
  }
  return Array.from({ length: count }, (_, index) =>
    Object.fromEntries(names.map((name) => [name, lists[name]![index]])),
  );
}

function asRow(value: unknown, where: string): Row {
  if (Array.isArray(value)) return value;
  if (typeof value === "object" && value !== null) return value as Row;
  // A list of plain values is a column of one feature.
  if (typeof value === "number" || typeof value === "string" || typeof value === "boolean") return [value];
  throw new ModelkeepError("invalid_input", `${where} is no row: a list of values, or values by name`);
}

function parse(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ModelkeepError("invalid_input", `${where} is not JSON: ${(cause as Error).message}`, { cause });
  }
}

async function readAll(chunks: AsyncIterable<Buffer>): Promise<string> {
  const all: Buffer[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    if (size > jsonLimit)
      throw new ModelkeepError(
        "limit_exceeded",
        `A JSON document of rows may have ${jsonLimit} bytes: use JSON Lines or CSV, which are streamed`,
      );
    all.push(chunk);
  }
  return Buffer.concat(all).toString("utf8");
}

async function* readCsv(chunks: AsyncIterable<Buffer>, path: string): AsyncGenerator<Row> {
  const [{ parse: csv }, { Readable }] = await Promise.all([import("csv-parse"), import("node:stream")]);
  const parser = Readable.from(chunks).pipe(
    csv({ bom: true, skip_empty_lines: true, trim: true, max_record_size: 64 * 1024 * 1024 }),
  );
  let names: readonly string[] | undefined;
  let first = true;
  try {
    for await (const cells of parser as AsyncIterable<string[]>) {
      if (first && !cells.every((cell) => isNumber(cell))) names = namesIn(cells, path);
      else
        yield names === undefined
          ? cells.map(cell)
          : Object.fromEntries(names.map((name, index) => [name, cell(cells[index]!)]));
      first = false;
    }
  } catch (cause) {
    if (isModelkeepError(cause)) throw cause;
    throw new ModelkeepError("invalid_input", `${path} is no CSV: ${(cause as Error).message}`, { cause });
  }
}

/** A first line of names, and no mistake that would only show as a column which the model does not know. */
function namesIn(cells: readonly string[], path: string): readonly string[] {
  const wrong =
    cells.length === 1 && /[;\t|]/u.test(cells[0]!)
      ? `one column, called ${JSON.stringify(cells[0]!.slice(0, 60))}: columns are separated by commas`
      : cells.includes("")
        ? "a column without a name, as pandas writes its index: to_csv(…, index=False) leaves it out"
        : undefined;
  if (wrong !== undefined) throw new ModelkeepError("invalid_input", `${path} has ${wrong}`);
  return cells;
}

const missing = /^(nan|na|null|none)?$/iu;

function isNumber(text: string): boolean {
  return missing.test(text) || /^[+-]?(inf|infinity)$/iu.test(text) || !Number.isNaN(Number(text));
}

/** Numbers as numbers, nothing and NaN as NaN, all else as text. */
function cell(text: string): number | string {
  if (missing.test(text)) return Number.NaN;
  if (/^[+-]?inf(inity)?$/iu.test(text)) return text.startsWith("-") ? -Infinity : Infinity;
  const number = Number(text);
  return Number.isNaN(number) ? text : number;
}
