import type { Actor } from "./entry.js";
import type { Filtered, FilterValue } from "./filter.js";
import { type ModelRecord, type Status, statuses, type Summary, type VersionRecord } from "./record.js";

/** A version as listings and searches give it. `resolve` and `show` tell the rest. */
export interface ListedVersion {
  readonly name: string;
  readonly version: number;
  /** `name@3` */
  readonly reference: string;
  readonly status: Status;
  readonly registered: string;
  readonly created: string;
  readonly author?: Actor | undefined;
  readonly aliases: readonly string[];
  readonly labels: readonly string[];
  readonly tags: Readonly<Record<string, string>>;
  readonly description?: string | undefined;
  readonly metrics: Summary["metrics"];
  readonly parameters: Summary["parameters"];
  readonly codecs: readonly string[];
  readonly flavors: readonly string[];
  readonly size: number;
  /** Whether it reproduced its samples when last held to them; absent when it never was. */
  readonly verified?: boolean | undefined;
}

/** A model as listings give it. */
export interface ListedModel {
  readonly name: string;
  readonly description?: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
  readonly aliases: Readonly<Record<string, number>>;
  /** Number of versions. */
  readonly versions: number;
  readonly changed: string;
  readonly latest?: ListedVersion | undefined;
}

/** What the index keeps of one model: its entry count, so that it can be gone on from, and one line of JSON. */
export interface IndexLine {
  readonly name: string;
  readonly length: number;
  model(): ListedModel;
  /** Its versions, the oldest first. */
  rows(): readonly IndexRow[];
  /** The line as the index keeps it. */
  text(): string;
}

/** A version as small as it goes: filters read it as it is, and only what is shown becomes an object. */
export interface IndexRow extends Filtered {
  readonly name: string;
  readonly version: number;
  listed(): ListedVersion;
}

/** Names stand once per model, in tables; rows have values in their order, null where there is none. */
interface Tables {
  readonly metrics: readonly string[];
  readonly parameters: readonly string[];
  readonly tags: readonly string[];
}

/** Version, status, registered, created, author, labels, tags, description, metrics, parameters, codecs, flavors, size, verified. */
type Row = readonly [
  version: number,
  status: number,
  registered: number,
  created: string | number,
  author: Actor | 0,
  labels: readonly string[] | 0,
  tags: readonly (string | null)[],
  description: string | 0,
  metrics: readonly (number | null)[],
  parameters: readonly (FilterValue | readonly [null])[],
  codecs: readonly string[],
  flavors: readonly string[] | 0,
  size: number,
  verified: boolean | 0,
];

type Content = Omit<ListedModel, "name" | "latest" | "versions"> & {
  readonly tables: Tables;
  readonly rows: readonly Row[];
};

/** The line of a record. A model that goes on under another name has no versions here. */
export function lineOf(record: ModelRecord): IndexLine {
  const set = [...record.aliases.values()].filter((alias) => alias.version !== undefined);
  const versions = record.renamedTo === undefined ? [...record.versions.values()] : [];
  const names = (each: (version: VersionRecord) => object) => [
    ...new Set(versions.flatMap((version) => Object.keys(each(version)))),
  ];
  const tables = {
    metrics: names((version) => version.summary.metrics),
    parameters: names((version) => version.summary.parameters),
    tags: names((version) => version.tags),
  };
  const content: Content = {
    ...(record.description !== undefined && { description: record.description }),
    tags: record.tags,
    aliases: Object.fromEntries(set.map((alias) => [alias.name, alias.version!])),
    changed: record.time ?? "",
    tables,
    rows: versions.map((version) => rowOf(version, tables)),
  };
  return lineFrom(record.name, record.length, () => content);
}

/** A line as it was written. Its JSON is read when it is asked for, since a page of a listing needs few of many. */
export function readLine(text: string): IndexLine | undefined {
  const first = text.indexOf("\t");
  const second = text.indexOf("\t", first + 1);
  if (second < 0) return undefined;
  const name = JSON.parse(text.slice(0, first)) as string;
  return lineFrom(
    name,
    Number(text.slice(first + 1, second)),
    () => JSON.parse(text.slice(second + 1)) as Content,
    text,
  );
}

function lineFrom(name: string, length: number, open: () => Content, written?: string): IndexLine {
  let content: Content | undefined;
  let rows: readonly IndexRow[] | undefined;
  const opened = (): Content => (content ??= open());
  const line: IndexLine = {
    name,
    length,
    model() {
      const { tables: _, rows: all, ...model } = opened();
      return { name, ...model, versions: all.length, latest: line.rows().at(-1)?.listed() };
    },
    rows() {
      rows ??= opened().rows.map((row) => new PackedRow(name, opened(), row));
      return rows;
    },
    text: () => written ?? `${JSON.stringify(name)}\t${length}\t${JSON.stringify(opened())}`,
  };
  return line;
}

class PackedRow implements IndexRow {
  readonly name: string;
  readonly #content: Content;
  readonly #row: Row;

  constructor(name: string, content: Content, row: Row) {
    this.name = name;
    this.#content = content;
    this.#row = row;
  }

  get version(): number {
    return this.#row[0];
  }

  read(field: string): readonly (FilterValue | undefined)[] {
    const row = this.#row;
    const dot = field.indexOf(".");
    if (dot > 0) {
      const family = field.slice(0, dot) as keyof Tables;
      const at = this.#content.tables[family].indexOf(field.slice(dot + 1));
      return [unpacked(row[family === "tags" ? 6 : family === "metrics" ? 8 : 9][at])];
    }
    switch (field) {
      case "version":
        return [row[0]];
      case "name":
        return [this.name];
      case "size":
        return [row[12]];
      case "alias":
        return this.#aliases();
      case "label":
        return row[5] === 0 ? [] : row[5];
      case "codec":
        return row[10];
      case "flavor":
        return row[11] === 0 ? [] : row[11];
      case "author":
        return row[4] === 0 ? [undefined] : [row[4].name, row[4].email];
      default:
        return [this.listed()[field as "status" | "created" | "registered" | "description" | "verified"]];
    }
  }

  listed(): ListedVersion {
    const [
      version,
      status,
      registered,
      created,
      author,
      labels,
      tags,
      description,
      metrics,
      parameters,
      codecs,
      flavors,
      size,
      verified,
    ] = this.#row;
    const { tables } = this.#content;
    return {
      name: this.name,
      version,
      reference: `${this.name}@${version}`,
      status: statuses[status]!,
      registered: new Date(registered).toISOString(),
      created: typeof created === "number" ? new Date(created).toISOString() : created,
      ...(author !== 0 && { author }),
      aliases: this.#aliases(),
      labels: labels === 0 ? [] : labels,
      tags: named(tables.tags, tags) as Record<string, string>,
      ...(description !== 0 && { description }),
      metrics: named(tables.metrics, metrics) as Record<string, number>,
      parameters: named(tables.parameters, parameters),
      codecs,
      flavors: flavors === 0 ? [] : flavors,
      size,
      ...(verified !== 0 && { verified }),
    };
  }

  #aliases(): string[] {
    const { aliases } = this.#content;
    return Object.keys(aliases).filter((alias) => aliases[alias] === this.#row[0]);
  }
}

function rowOf(record: VersionRecord, tables: Tables): Row {
  const { version, registered, status, labels, tags, description, summary, verifications } = record;
  const flavors = [...new Set(summary.representations.flatMap((each) => each.flavor ?? []))];
  const time = Date.parse(summary.created);
  // A time is kept as a number only if it comes back as it was written.
  const exact = !Number.isNaN(time) && new Date(time).toISOString() === summary.created;
  return [
    version,
    statuses.indexOf(status),
    Date.parse(registered),
    exact ? time : summary.created,
    summary.author ?? 0,
    labels.length === 0 ? 0 : labels,
    tables.tags.map((name) => own(tags, name) ?? null),
    description ?? 0,
    tables.metrics.map((name) => own(summary.metrics, name) ?? null),
    tables.parameters.map((name) => packed(own(summary.parameters, name))),
    [...new Set(summary.representations.map((each) => each.codec))],
    flavors.length === 0 ? 0 : flavors,
    summary.size,
    verifications.at(-1)?.ok ?? 0,
  ];
}

/** Null stands for what is not there, so a null that is there is wrapped. */
function packed(value: FilterValue | undefined): FilterValue | readonly [null] {
  return value === null ? [null] : (value ?? null);
}

function unpacked(value: FilterValue | readonly [null] | undefined): FilterValue | undefined {
  if (typeof value === "object") return value === null ? undefined : null;
  return value;
}

function named(
  names: readonly string[],
  values: readonly (FilterValue | readonly [null])[],
): Record<string, FilterValue> {
  const result: Record<string, FilterValue> = {};
  for (const [at, name] of names.entries()) {
    const value = unpacked(values[at]);
    if (value !== undefined) result[name] = value;
  }
  return result;
}

function own<T>(values: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(values, name) ? values[name] : undefined;
}
