import type { FilterValue } from "./filter.js";
import { families, type Family, familyOf, fixed, type ModelColumns, valuesOf } from "./model-columns.js";
import type { ModelRecord } from "./record.js";
import { isOverridden } from "./show.js";

/** What a line says of the model itself. */
export interface LineHead {
  readonly description?: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
  readonly aliases: Readonly<Record<string, number>>;
  /** Aliases that point where they do because somebody overrode their policy. */
  readonly overridden?: readonly string[] | undefined;
  readonly changed: string;
  readonly deleted?: true;
}

type Names = Readonly<Record<Family, readonly string[]>>;

/** A single value stands for all versions, if it is the same for all. */
type Column = readonly unknown[];

const places = new Map<string, number>(fixed.map((name, place) => [name, place]));
/** Where a line has what: the names of its columns. Most models have the same ones as their neighbours, and share them. */
class Shape {
  readonly names: Names;
  readonly width: number;
  readonly #places = new Map<string, number>();

  constructor(names: Names) {
    this.names = names;
    let place = fixed.length;
    for (const family of families) for (const name of names[family]) this.#places.set(`${family}.${name}`, place++);
    this.width = place;
  }

  placeOf(field: string): number | undefined {
    return this.#places.get(field);
  }
}

let recent: { readonly text: string; readonly shape: Shape } | undefined;

function shapeOf(text: string): Shape {
  if (recent?.text !== text) recent = { text, shape: new Shape(JSON.parse(text) as Names) };
  return recent.shape;
}

const registeredPlace = places.get("registered")!;
const createdPlace = places.get("created")!;
/** What a column was read from last, by its place: neighbours often have the same one, and share it. */
const recentColumns: { readonly text: string; readonly column: Column }[] = [];

/**
 * The versions of a model, column by column. As text: how many there are, the names of the columns, the head, and one column
 * after the other, with tabs between them: first those of metrics, parameters and tags, which searches ask for. The names are
 * left out where they are those of the line before; times of registration are differences to the version before, times of
 * creation are how long before registration that was. Of a text only what is asked for is read: a search needs few columns of many.
 */
export class PackedColumns {
  /** How many versions. */
  readonly count: number;
  readonly #names: string;
  /** The head and the columns, where this was read from text. */
  readonly #text: string;
  #shape: Shape | undefined;
  #head: LineHead | undefined;
  readonly #columns: Column[];
  /** The field that was looked for last, and where it begins. */
  #field = 0;
  #start = 0;

  private constructor(count: number, names: string, text: string, columns: Column[] = []) {
    this.count = count;
    this.#names = names;
    this.#text = text;
    this.#columns = columns;
  }

  /** What `text` gave; `undefined` if it is none. */
  static fromText(text: string, before?: PackedColumns): PackedColumns | undefined {
    const first = text.indexOf("\t");
    const second = text.indexOf("\t", first + 1);
    const names = second === first + 1 ? before && before.#names : text.slice(first + 1, second);
    if (second < 0 || names === undefined) return undefined;
    return new PackedColumns(Number(text.slice(0, first)), names, text.slice(second + 1));
  }

  /** A model that goes on under another name has no versions here. */
  static fromRecord(record: ModelRecord): PackedColumns {
    const set = [...record.aliases.values()].filter((alias) => alias.version !== undefined);
    const versions = record.renamedTo === undefined ? [...record.versions.values()] : [];
    const names = (family: Family) => [...new Set(versions.flatMap((each) => Object.keys(familyOf(each, family))))];
    const shape = new Shape({ metrics: names("metrics"), parameters: names("parameters"), tags: names("tags") });
    const overridden = set.filter(isOverridden).map((alias) => alias.name);
    const head: LineHead = {
      ...(record.description !== undefined && { description: record.description }),
      tags: record.tags,
      aliases: Object.fromEntries(set.map((alias) => [alias.name, alias.version!])),
      ...(overridden.length > 0 && { overridden }),
      changed: record.time ?? "",
      ...(record.deletion && { deleted: true as const }),
    };
    const rows = versions.map(valuesOf);
    const columns = [
      ...fixed.map((name) => shortened(rows.map((row) => row[name]))),
      ...families.flatMap((family) =>
        shape.names[family].map((name) =>
          shortened(versions.map((version) => packed(own(familyOf(version, family), name)))),
        ),
      ),
    ];
    const made = new PackedColumns(versions.length, JSON.stringify(shape.names), "", columns);
    made.#shape = shape;
    made.#head = head;
    return made;
  }

  get head(): LineHead {
    return (this.#head ??= JSON.parse(this.#fieldText(0)) as LineHead);
  }

  names(family: Family): readonly string[] {
    return this.#shapeHere().names[family];
  }

  value<Name extends keyof ModelColumns>(name: Name, at: number): ModelColumns[Name] {
    return valueAt(this.#column(places.get(name)!), at) as ModelColumns[Name];
  }

  /** The value of a field such as `metrics.auc`. */
  named(field: string, at: number): FilterValue | undefined {
    const place = this.#shapeHere().placeOf(field);
    return place === undefined ? undefined : unpacked(valueAt(this.#column(place) as readonly Packed[], at));
  }

  /** As the index keeps it, after the line that is before it there. */
  text(before?: PackedColumns): string {
    const names = this.#names === (before && before.#names) ? "" : this.#names;
    return `${this.count}\t${names}\t${this.#text === "" ? this.#packed() : this.#text}`;
  }

  #packed(): string {
    const registered = this.#columns[registeredPlace] as readonly number[];
    const columns = [...this.#columns];
    columns[registeredPlace] = registered.map((time, at) => (at === 0 ? time : time - registered[at - 1]!));
    columns[createdPlace] = shortened(
      Array.from({ length: this.count }, (_, at) => {
        const created = this.value("created", at);
        return typeof created === "number" ? this.value("registered", at) - created : created;
      }),
    );
    const parts = [this.head, ...columns.slice(fixed.length), ...columns.slice(0, fixed.length)];
    return parts.map((part) => JSON.stringify(part)).join("\t");
  }

  #shapeHere(): Shape {
    return (this.#shape ??= shapeOf(this.#names));
  }

  #column(place: number): Column {
    return (this.#columns[place] ??= this.#read(place));
  }

  #read(place: number): Column {
    const named = this.#shapeHere().width - fixed.length;
    const text = this.#fieldText(1 + (place < fixed.length ? named + place : place - fixed.length));
    if (recentColumns[place]?.text !== text) recentColumns[place] = { text, column: JSON.parse(text) as Column };
    const { column } = recentColumns[place];
    if (place === registeredPlace) {
      let time = 0;
      return (column as readonly number[]).map((difference) => (time += difference));
    }
    if (place !== createdPlace) return column;
    return Array.from({ length: this.count }, (_, at) => {
      const age = valueAt(column as readonly (number | string)[], at)!;
      return typeof age === "number" ? this.value("registered", at) - age : age;
    });
  }

  #fieldText(field: number): string {
    if (field < this.#field) [this.#field, this.#start] = [0, 0];
    for (; this.#field < field; this.#field++) this.#start = this.#text.indexOf("\t", this.#start) + 1;
    const end = this.#text.indexOf("\t", this.#start);
    return this.#text.slice(this.#start, end < 0 ? undefined : end);
  }
}

function valueAt<T>(column: readonly T[], at: number): T | undefined {
  return column.length === 1 ? column[0] : column[at];
}

function shortened(values: Column): Column {
  if (values.length < 2) return values;
  const first = JSON.stringify(values[0]);
  return values.every((value) => JSON.stringify(value) === first) ? [values[0]] : values;
}

/** Null stands for what is not there, so a null that is there is wrapped. */
type Packed = FilterValue | readonly [null] | undefined;

function packed(value: FilterValue | undefined): Packed {
  return value === null ? [null] : (value ?? null);
}

function unpacked(value: Packed): FilterValue | undefined {
  if (typeof value === "object") return value === null ? undefined : null;
  return value;
}

function own<T>(values: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(values, name) ? values[name] : undefined;
}
