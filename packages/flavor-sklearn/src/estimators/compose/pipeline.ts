import type { Fitted } from "../../fitted/fitted.js";
import { asList, asScalar, asScalars, asSlice, describeValue, type PythonValue } from "../../fitted/python-value.js";
import type { Drawing } from "../../graph/drawing.js";
import { specialStep } from "../../graph/drawing.js";
import { joinRows, MatrixRows, type Rows } from "../../graph/rows.js";
import { InputRows } from "../../graph/input-rows.js";
import type { Handler } from "../handler.js";
import { columnNames } from "./column-names.js";

interface Part {
  readonly name: string;
  readonly value: PythonValue;
  readonly more: PythonValue | undefined;
}

/** Tuples (name, estimator, …) of a list. */
export function namedParts(fitted: Fitted, attribute: string): Part[] {
  return fitted.list(attribute).map((item, index) => {
    const parts = asList(item);
    const name = asScalar(parts?.[0]);
    if (parts === undefined || parts.length < 2 || typeof name !== "string")
      throw fitted.wrong(attribute, `has no named estimator at ${index}`);
    return { name, value: parts[1]!, more: parts[2] };
  });
}

export const pipeline: Handler = {
  last(fitted) {
    const last = namedParts(fitted, "steps").at(-1);
    if (last === undefined) throw fitted.wrong("steps", "is empty");
    return specialStep(last.value) === undefined ? fitted.child(last.value, stepName(last), "steps") : undefined;
  },
  transform(drawing, fitted, rows) {
    let current = rows;
    for (const part of namedParts(fitted, "steps")) current = step(drawing, fitted, part, current);
    return current;
  },
  predict(drawing, fitted, rows) {
    const parts = namedParts(fitted, "steps");
    const last = parts.at(-1);
    if (last === undefined) throw fitted.wrong("steps", "is empty");
    let current = rows;
    for (const part of parts.slice(0, -1)) current = step(drawing, fitted, part, current);
    return drawing.predict(fitted.child(last.value, stepName(last), "steps"), current);
  },
};

function step(drawing: Drawing, fitted: Fitted, part: Part, rows: Rows): Rows {
  if (specialStep(part.value) === "passthrough") return rows;
  return drawing.transform(fitted.child(part.value, stepName(part), "steps"), rows);
}

function stepName(part: Part): string {
  return `step ${JSON.stringify(part.name)}`;
}

export const featureUnion: Handler = {
  transform(drawing, fitted, rows) {
    const weights = new Map(namedWeights(fitted));
    const parts: Rows[] = [];
    for (const part of namedParts(fitted, "transformer_list")) {
      const special = specialStep(part.value);
      if (special === "drop" || (special === "passthrough" && asScalar(part.value) === null)) continue;
      const child = () => fitted.child(part.value, `transformer ${JSON.stringify(part.name)}`, "transformer_list");
      const out = special === "passthrough" ? rows : drawing.transform(child(), rows);
      parts.push(weighted(drawing, out, weights.get(part.name)));
    }
    if (parts.length === 0) throw fitted.unsupported("transformer_list", "all of its transformers are left out");
    return joinRows(drawing.graph, parts);
  },
};

function namedWeights(fitted: Fitted): [string, number][] {
  return fitted.entries("transformer_weights").map(([name, value]) => [name, Number(asScalar(value))]);
}

function weighted({ graph }: Drawing, rows: Rows, weight: number | undefined): Rows {
  if (weight === undefined) return rows;
  return new MatrixRows(graph, graph.mul(rows.matrix(), graph.float64(weight)), rows.width);
}

export const columnTransformer: Handler = {
  transform(drawing, fitted, rows) {
    const names = columnNames(fitted);
    const weights = new Map(namedWeights(fitted));
    const parts: Rows[] = [];
    for (const part of namedParts(fitted, "transformers_")) {
      const special = specialStep(part.value);
      if (special === "drop") continue;
      const { indices, byName } = resolveColumns(fitted, part, names, rows.width);
      if (byName && rows instanceof InputRows) rows.chooseByName();
      if (indices.length === 0) continue;
      const selected = rows.select(indices);
      const child = () => fitted.child(part.value, `transformer ${JSON.stringify(part.name)}`, "transformers_");
      const out = special === "passthrough" ? selected : drawing.transform(child(), selected);
      parts.push(weighted(drawing, out, weights.get(part.name)));
    }
    if (parts.length === 0) throw fitted.unsupported("transformers_", "it leaves out all columns");
    return joinRows(drawing.graph, parts);
  },
};

interface Columns {
  readonly indices: readonly number[];
  readonly byName: boolean;
}

/** Columns chosen by name, index, slice or mask. */
function resolveColumns(
  fitted: Fitted,
  part: Part,
  names: readonly unknown[] | undefined,
  width: number | undefined,
): Columns {
  const fault = (message: string) => fitted.wrong("transformers_", `${message} for ${JSON.stringify(part.name)}`);
  const count = width ?? names?.length ?? fitted.count(fitted.either("n_features_in_", "_n_features"));
  const choice = part.more;
  const scalar = asScalar(choice);
  const place = (value: unknown): number => {
    const index = typeof value === "string" ? (names ?? []).indexOf(value) : Number(value);
    const positive = index < 0 && typeof value !== "string" ? index + count : index;
    if (!Number.isInteger(positive) || positive < 0 || positive >= count)
      throw fault(`chooses ${JSON.stringify(String(value))}, which is no column`);
    return positive;
  };
  if (typeof scalar === "string" || typeof scalar === "number")
    return { indices: [place(scalar)], byName: typeof scalar === "string" };
  const slice = asSlice(choice);
  if (slice !== undefined) {
    const [start, stop, by] = slice;
    const byName = typeof start === "string" || typeof stop === "string";
    // A slice by names includes its end.
    const from = start === null ? 0 : typeof start === "string" ? place(start) : clampIndex(Number(start), count);
    const to = stop === null ? count : typeof stop === "string" ? place(stop) + 1 : clampIndex(Number(stop), count);
    const stride = by === null ? 1 : Number(by);
    if (!Number.isInteger(stride) || stride < 1) throw fault("has a slice that runs backwards");
    const indices: number[] = [];
    for (let index = from; index < to; index += stride) indices.push(index);
    return { indices, byName };
  }
  const list = asScalars(choice);
  if (list === undefined) throw fault(`chooses columns by ${describeValue(choice)}`);
  if (list.length > 0 && list.every((each) => typeof each === "boolean")) {
    if (list.length !== count) throw fault(`has a mask of ${list.length} for ${count} columns`);
    return { indices: [...list.keys()].filter((index) => list[index] === true), byName: false };
  }
  return { indices: list.map(place), byName: list.some((each) => typeof each === "string") };
}

function clampIndex(index: number, count: number): number {
  return Math.min(Math.max(index < 0 ? index + count : index, 0), count);
}

/** What has searched for parameters predicts with the best it found. */
export function delegate(attribute: string, place: string): Handler {
  const inner = (fitted: Fitted) => {
    if (attribute === "best_estimator_" && !fitted.has(attribute) && fitted.has("best_params_"))
      throw fitted.unsupported(attribute, "it was searched with refit=False, so it holds no fitted estimator");
    return fitted.estimator(attribute, place);
  };
  return {
    last: inner,
    transform: (drawing, fitted, rows) => drawing.transform(inner(fitted), rows),
    predict: (drawing, fitted, rows) => drawing.predict(inner(fitted), rows),
  };
}
