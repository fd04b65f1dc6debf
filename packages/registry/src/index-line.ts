import type { Actor } from "./entry.js";
import type { FieldReader, FilterValue } from "./filter.js";
import type { ModelRecord, Status, Summary, VersionRecord } from "./record.js";

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
  versions(): readonly ListedVersion[];
}

type Row = Omit<ListedVersion, "name" | "reference" | "aliases">;
type Content = Omit<ListedModel, "name" | "latest" | "versions"> & { readonly rows: readonly Row[] };

/** The line of a record. Nothing for a model that goes on under another name, or has no version yet. */
export function lineOf(record: ModelRecord): IndexLine {
  const set = [...record.aliases.values()].filter((alias) => alias.version !== undefined);
  const content: Content = {
    ...(record.description !== undefined && { description: record.description }),
    tags: record.tags,
    aliases: Object.fromEntries(set.map((alias) => [alias.name, alias.version!])),
    changed: record.time ?? "",
    rows: record.renamedTo === undefined ? [...record.versions.values()].map(rowOf) : [],
  };
  return lineFrom(record.name, record.length, () => content);
}

export function writeLine(line: IndexLine & { readonly text?: string }): string {
  const { name, latest: _, versions: __, ...model } = line.model();
  const rows = line.versions().map(({ name: _name, reference: _reference, aliases: _aliases, ...row }) => row);
  return `${JSON.stringify(name)}\t${line.length}\t${JSON.stringify({ ...model, rows })}`;
}

/** A line as it was written. Its JSON is read when it is asked for, since a page of a listing needs few of many. */
export function readLine(text: string): IndexLine | undefined {
  const first = text.indexOf("\t");
  const second = text.indexOf("\t", first + 1);
  if (second < 0) return undefined;
  const name = JSON.parse(text.slice(0, first)) as string;
  return lineFrom(name, Number(text.slice(first + 1, second)), () => JSON.parse(text.slice(second + 1)) as Content);
}

function lineFrom(name: string, length: number, read: () => Content): IndexLine {
  let versions: readonly ListedVersion[] | undefined;
  let model: ListedModel | undefined;
  const open = (): void => {
    const { rows, ...rest } = read();
    versions = rows.map((row) => ({
      name,
      reference: `${name}@${row.version}`,
      ...row,
      aliases: Object.keys(rest.aliases).filter((alias) => rest.aliases[alias] === row.version),
    }));
    model = { name, ...rest, versions: rows.length, latest: versions.at(-1) };
  };
  return {
    name,
    length,
    model() {
      if (model === undefined) open();
      return model!;
    },
    versions() {
      if (versions === undefined) open();
      return versions!;
    },
  };
}

function rowOf({ version, registered, status, labels, tags, description, summary, verifications }: VersionRecord): Row {
  const last = verifications.at(-1);
  return {
    version,
    status,
    registered,
    created: summary.created,
    ...(summary.author && { author: summary.author }),
    labels,
    tags,
    ...(description !== undefined && { description }),
    metrics: summary.metrics,
    parameters: summary.parameters,
    codecs: [...new Set(summary.representations.map((each) => each.codec))],
    flavors: [...new Set(summary.representations.flatMap((each) => each.flavor ?? []))],
    size: summary.size,
    ...(last && { verified: last.ok }),
  };
}

/** The values of a version's fields, for filters and orders. */
export function fieldsOf(listed: ListedVersion): FieldReader {
  return (field) => {
    const dot = field.indexOf(".");
    if (dot > 0) return [own(listed[field.slice(0, dot) as "tags" | "metrics" | "parameters"], field.slice(dot + 1))];
    switch (field) {
      case "alias":
        return listed.aliases;
      case "label":
        return listed.labels;
      case "codec":
        return listed.codecs;
      case "flavor":
        return listed.flavors;
      case "author":
        return [listed.author?.name, listed.author?.email];
      default:
        return [
          listed[
            field as "name" | "version" | "status" | "created" | "registered" | "size" | "description" | "verified"
          ],
        ];
    }
  };
}

function own(values: Readonly<Record<string, FilterValue>>, name: string): FilterValue | undefined {
  return Object.hasOwn(values, name) ? values[name] : undefined;
}
