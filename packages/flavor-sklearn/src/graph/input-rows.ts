import { ModelkeepError, type TensorSpec } from "@modelkeep/core";
import type { GraphBuilder, Value } from "@modelkeep/onnx";

import type { TextAnalysis, TextInput } from "@modelkeep/onnx";
import { checkColumn, checkWidth, type ColumnHint, type ColumnKind, type Rows } from "./rows.js";

/** More inputs than that are no table that anyone has. */
const mostInputs = 65536;

/** What the columns of the input are asked to be, found by drawing the model once without keeping the drawing. */
export class InputDemands {
  /** By index of the column; "documents" for a column of texts that a vectorizer reads. */
  readonly columns = new Map<number, { kind: ColumnKind | "documents"; hint: ColumnHint }>();
  /** A step chooses columns by their names. */
  byName = false;
  width: number | undefined;

  /** One input for each column, not one matrix. */
  get table(): boolean {
    return this.byName || [...this.columns.values()].some((column) => column.kind !== "number");
  }
}

/** The model's input: a matrix `features`, or one input for each column of a DataFrame. */
export class InputRows implements Rows {
  readonly texts: TextInput[] = [];
  readonly #inputs = new Map<number, Value>();
  readonly #counts = new Map<unknown, Value>();
  /** Which column an input of the graph stands for. */
  readonly #places = new Map<string, number>();
  #matrix: Value | undefined;

  constructor(
    readonly graph: GraphBuilder,
    readonly names: readonly string[] | undefined,
    /** What was found to be demanded; undefined while that is being found out. */
    readonly known: InputDemands | undefined,
    readonly demands: InputDemands,
    /** The model reads texts themselves, not a column of them. */
    readonly plainTexts: boolean,
  ) {}

  get width(): number | undefined {
    return this.demands.width;
  }

  matrix(width?: number): Value {
    this.#fixWidth(width);
    if (this.known?.table === true) {
      if (this.width === undefined || this.width > mostInputs) throw unknownWidth();
      return this.select(Array.from({ length: this.width }, (_, index) => index)).matrix();
    }
    for (let index = 0; index < Math.min(this.width ?? 0, mostInputs); index++) this.#demand(index, "number", {});
    return this.features();
  }

  column(index: number, kind: ColumnKind, hint: ColumnHint = {}): Value {
    checkColumn(index, this.width);
    this.#demand(index, kind, hint);
    if (this.known === undefined && kind === "string") return this.graph.strings([""], [1, 1]);
    if (this.known?.table !== true) return this.graph.gather(this.features(), this.graph.int64([index]), 1);
    return this.#column(index, kind);
  }

  select(indices: readonly number[]): Rows {
    for (const index of indices) checkColumn(index, this.width);
    return new SelectedColumns(this, indices);
  }

  /** Columns are chosen by name: the input is a DataFrame. */
  chooseByName(): void {
    this.demands.byName = true;
  }

  documents(vectorizer: unknown, analysis: TextAnalysis, index = 0): Value {
    const known = this.#counts.get(vectorizer);
    if (known !== undefined) return known;
    if (this.plainTexts) this.#fixWidth(1);
    this.#demand(index, "documents", {});
    const input = this.plainTexts ? "text" : this.#name(index);
    const taken = this.texts.filter((text) => text.input === input).length;
    const output = `${input}_counts${taken === 0 ? "" : `_${taken + 1}`}`;
    this.texts.push({ input, output, analysis });
    const value = this.graph.input(output, "float64", ["batch", analysis.vocabulary.length], {
      description: `How often each term of the vocabulary occurs in ${input}`,
    });
    this.#counts.set(vectorizer, value);
    this.#places.set(output, index);
    return value;
  }

  /**
   * Makes inputs of the columns that no step reads, so that whole rows of the table can be given. Gives their names.
   * What they hold is not known: numbers, as most columns do.
   */
  declareUnused(): string[] {
    if (this.known?.table !== true || this.plainTexts) return [];
    const unused: string[] = [];
    for (let index = 0; index < Math.min(this.width ?? 0, mostInputs); index++) {
      if (this.known.columns.has(index)) continue;
      unused.push(this.#name(index));
      this.#column(index, "number");
    }
    return unused;
  }

  /** Inputs in the order of the table's columns. */
  inOrder<T extends { readonly name?: string }>(inputs: readonly T[]): T[] {
    const place = ({ name }: T) => this.#places.get(name ?? "") ?? 0;
    return inputs.toSorted((a, b) => place(a) - place(b));
  }

  /** The one matrix that all columns lie in. */
  features(): Value {
    const names = this.names === undefined ? {} : { features: this.names };
    this.#matrix ??= this.graph.input("features", "float64", ["batch", this.known?.width ?? this.width ?? null], names);
    return this.#matrix;
  }

  /** Each column is an input of the type that all its readers can use. */
  #column(index: number, kind: ColumnKind): Value {
    const demanded = this.known!.columns.get(index);
    const { kind: wanted, hint } = demanded ?? { kind, hint: {} };
    let input = this.#inputs.get(index);
    const integer = wanted === "number" && hint.integer === true;
    if (input === undefined) {
      const more: Partial<TensorSpec> = {
        ...(hint.categories !== undefined && { categories: hint.categories }),
        ...(demanded === undefined && { ignored: true }),
      };
      const dtype = wanted === "string" ? "string" : integer ? "int64" : "float64";
      input = this.graph.input(this.#name(index), dtype, ["batch"], more);
      this.#places.set(input, index);
      input = this.graph.unsqueeze(input, [1]);
      if (integer) input = this.graph.cast(input, "float64");
      this.#inputs.set(index, input);
    }
    if (kind !== wanted) throw conflict(this.#name(index));
    return input;
  }

  #demand(index: number, kind: ColumnKind | "documents", hint: ColumnHint): void {
    const before = this.demands.columns.get(index);
    if (before === undefined) this.demands.columns.set(index, { kind, hint });
    else if (before.kind !== kind) throw conflict(this.#name(index));
    else if (before.hint.integer !== true || hint.integer !== true) {
      const categories = before.hint.categories ?? hint.categories;
      before.hint = { integer: false, ...(kind === "string" && categories !== undefined ? { categories } : {}) };
    }
  }

  #fixWidth(width: number | undefined): void {
    checkWidth(this.demands.width, width);
    this.demands.width ??= width;
  }

  #name(index: number): string {
    return this.names?.[index] ?? `x${index}`;
  }
}

/** Some columns of the input, not read before a step asks for them. */
class SelectedColumns implements Rows {
  readonly width: number;

  constructor(
    readonly input: InputRows,
    readonly indices: readonly number[],
  ) {
    this.width = indices.length;
  }

  matrix(width?: number): Value {
    checkWidth(this.width, width);
    const { graph, known } = this.input;
    const columns = this.indices.map((index) => this.input.column(index, "number"));
    if (known?.table === true) return columns.length === 1 ? columns[0]! : graph.concat(columns, 1);
    return graph.gather(this.input.features(), graph.int64(this.indices), 1);
  }

  column(index: number, kind: ColumnKind, hint?: ColumnHint): Value {
    checkColumn(index, this.width);
    return this.input.column(this.indices[index]!, kind, hint);
  }

  select(indices: readonly number[]): Rows {
    for (const index of indices) checkColumn(index, this.width);
    return new SelectedColumns(
      this.input,
      indices.map((index) => this.indices[index]!),
    );
  }

  documents(vectorizer: unknown, analysis: TextAnalysis): Value {
    if (this.indices.length !== 1)
      throw new ModelkeepError("malformed", "[sklearn] A vectorizer reads one column of texts, not several");
    return this.input.documents(vectorizer, analysis, this.indices[0]);
  }
}

function conflict(name: string): ModelkeepError {
  return new ModelkeepError(
    "unsupported",
    `[sklearn] The column ${JSON.stringify(name)} is read as numbers by one step and as text by another, and an ONNX input has one type. Give it to the model as two columns`,
  );
}

function unknownWidth(): ModelkeepError {
  return new ModelkeepError(
    "unsupported",
    "[sklearn] The file does not say how many columns the model reads, or too many for one input each. Save it again with scikit-learn 0.24 or newer, fitted on an array",
  );
}
