import { ModelkeepError } from "@modelkeep/core";
import type { GraphBuilder, Value } from "@modelkeep/onnx";

import type { TextAnalysis } from "@modelkeep/onnx";

export type ColumnKind = "number" | "string";

export interface ColumnHint {
  /** Numbers of this column are integers in the training data. */
  readonly integer?: boolean;
  /** Values that it may have. */
  readonly categories?: readonly (string | number | boolean)[];
}

/** What flows from step to step: a batch of rows with columns of numbers or strings. */
export interface Rows {
  /** Undefined while nothing has said how many columns there are. */
  readonly width: number | undefined;
  /** All columns as float64 `[batch, width]`; `malformed` when the width is known and another. */
  matrix(width?: number): Value;
  /** One column as `[batch, 1]`: float64 or string. */
  column(index: number, kind: ColumnKind, hint?: ColumnHint): Value;
  select(indices: readonly number[]): Rows;
  /** How often each term occurs in the texts, `[batch, terms]`, where the rows can be texts: once for each `vectorizer`. */
  documents?(vectorizer: unknown, analysis: TextAnalysis): Value;
}

/** Columns that lie in one matrix of float64. */
export class MatrixRows implements Rows {
  constructor(
    readonly graph: GraphBuilder,
    readonly value: Value,
    readonly width: number | undefined,
  ) {}

  matrix(width?: number): Value {
    checkWidth(this.width, width);
    return this.value;
  }

  column(index: number, kind: ColumnKind): Value {
    if (kind === "string") throw stringsExpected(index);
    checkColumn(index, this.width);
    return this.width === 1 ? this.value : this.graph.gather(this.value, this.graph.int64([index]), 1);
  }

  select(indices: readonly number[]): Rows {
    for (const index of indices) checkColumn(index, this.width);
    if (indices.length === this.width && indices.every((index, at) => index === at)) return this;
    return new MatrixRows(this.graph, this.graph.gather(this.value, this.graph.int64(indices), 1), indices.length);
  }
}

/** One column of strings, `[batch, 1]`. */
export class StringColumn implements Rows {
  readonly width = 1;

  constructor(readonly value: Value) {}

  matrix(): Value {
    throw numbersExpected();
  }

  column(_index: number, kind: ColumnKind): Value {
    if (kind === "number") throw numbersExpected();
    return this.value;
  }

  select(indices: readonly number[]): Rows {
    for (const index of indices) checkColumn(index, 1);
    return this;
  }
}

/** The columns of several parts, one after the other. */
export class JoinedRows implements Rows {
  readonly width: number | undefined;
  #matrix: Value | undefined;

  constructor(
    readonly graph: GraphBuilder,
    readonly parts: readonly Rows[],
  ) {
    const widths = parts.map((part) => part.width);
    this.width = widths.every((width) => width !== undefined)
      ? widths.reduce((sum, width) => sum + width, 0)
      : undefined;
  }

  matrix(width?: number): Value {
    checkWidth(this.width, width);
    if (this.parts.length === 1) return this.parts[0]!.matrix(width);
    this.#matrix ??= this.graph.concat(
      this.parts.map((part) => part.matrix()),
      1,
    );
    return this.#matrix;
  }

  column(index: number, kind: ColumnKind, hint?: ColumnHint): Value {
    const [part, at] = this.#find(index);
    return part.column(at, kind, hint);
  }

  select(indices: readonly number[]): Rows {
    const found = indices.map((index) => this.#find(index));
    // Neighbours of one part are taken from it at once.
    const parts: Rows[] = [];
    for (let start = 0, end = 0; start < found.length; start = end) {
      const part = found[start]![0];
      while (end < found.length && found[end]![0] === part) end++;
      parts.push(part.select(found.slice(start, end).map((each) => each[1])));
    }
    return joinRows(this.graph, parts);
  }

  #find(index: number): [Rows, number] {
    let at = index;
    for (const part of this.parts) {
      if (part.width === undefined) return [part, at];
      if (at < part.width) return [part, at];
      at -= part.width;
    }
    throw outside(index, this.width);
  }
}

export function joinRows(graph: GraphBuilder, parts: readonly Rows[]): Rows {
  return parts.length === 1 ? parts[0]! : new JoinedRows(graph, parts);
}

export function checkWidth(have: number | undefined, wanted: number | undefined): void {
  if (have !== undefined && wanted !== undefined && have !== wanted) {
    throw new ModelkeepError(
      "malformed",
      `[sklearn] A step was fitted on ${wanted} columns, but gets ${have}. Save the model again where it was fitted`,
    );
  }
}

export function checkColumn(index: number, width: number | undefined): void {
  if (!Number.isSafeInteger(index) || index < 0 || (width !== undefined && index >= width)) throw outside(index, width);
}

function outside(index: number, width: number | undefined): ModelkeepError {
  return new ModelkeepError(
    "malformed",
    `[sklearn] A step asks for column ${index} of ${width ?? "its"} columns. Save the model again where it was fitted`,
  );
}

function stringsExpected(index: number): ModelkeepError {
  return new ModelkeepError("malformed", `[sklearn] A step expects strings in column ${index}, which holds numbers`);
}

function numbersExpected(): ModelkeepError {
  return new ModelkeepError("malformed", "[sklearn] A step expects numbers in a column that holds strings");
}
