import type { Actor } from "./entry.js";
import type { Filter, Filtered, FilterValue } from "./filter.js";
import type { ModelColumns } from "./model-columns.js";
import { PackedColumns } from "./packed-columns.js";
import { type ModelRecord, type Status, statuses, type Summary } from "./record.js";

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
  /** Aliases that point where they do because somebody overrode their policy. */
  readonly overridden?: readonly string[] | undefined;
  /** Number of versions. */
  readonly versions: number;
  readonly changed: string;
  /** Its name is taken for good, and nothing else of it is left. */
  readonly deleted?: true;
  readonly latest?: ListedVersion | undefined;
}

/** A version as small as it goes: filters read it as it is, and only what is shown becomes an object. */
export interface IndexRow extends Filtered {
  readonly name: string;
  readonly version: number;
  listed(): ListedVersion;
}

/** What the index keeps of one model: its entry count, so that it can be gone on from, and its versions, column by column. */
export class IndexLine {
  readonly name: string;
  readonly length: number;
  readonly #columns: PackedColumns;

  private constructor(name: string, length: number, columns: PackedColumns) {
    this.name = name;
    this.length = length;
    this.#columns = columns;
  }

  static fromRecord(record: ModelRecord): IndexLine {
    return new IndexLine(record.name, record.length, PackedColumns.fromRecord(record));
  }

  /** A line as `text` gave it; `undefined` if it is none. */
  static fromText(text: string, before?: IndexLine): IndexLine | undefined {
    const first = text.indexOf("\t");
    const second = text.indexOf("\t", first + 1);
    const columns = second < 0 ? undefined : PackedColumns.fromText(text.slice(second + 1), before && before.#columns);
    if (columns === undefined) return undefined;
    return new IndexLine(JSON.parse(text.slice(0, first)) as string, Number(text.slice(first + 1, second)), columns);
  }

  /** How many versions. */
  get versions(): number {
    return this.#columns.count;
  }

  model(): ListedModel {
    const { description, tags, aliases, overridden, changed, deleted } = this.#columns.head;
    const about = { ...(description !== undefined && { description }), ...(overridden && { overridden }) };
    const latest = this.versions === 0 ? undefined : this.row(this.versions - 1).listed();
    return {
      name: this.name,
      ...about,
      tags,
      aliases,
      changed,
      ...(deleted && { deleted }),
      versions: this.versions,
      latest,
    };
  }

  /** A version, by its place from 0 on, the oldest first. */
  row(at: number): IndexRow {
    return new PackedRow(this.name, this.#columns, at);
  }

  /** The versions that a filter holds for, the oldest first. */
  matching(holds: Filter): IndexRow[] {
    const found: IndexRow[] = [];
    const probe = new PackedRow(this.name, this.#columns, 0);
    for (probe.at = 0; probe.at < this.versions; probe.at++) if (holds(probe)) found.push(this.row(probe.at));
    return found;
  }

  /** As the index keeps it, after the line that is before it there: no line feed in it. */
  text(before?: IndexLine): string {
    return `${JSON.stringify(this.name)}\t${this.length}\t${this.#columns.text(before && before.#columns)}`;
  }
}

class PackedRow implements IndexRow {
  readonly name: string;
  at: number;
  readonly #columns: PackedColumns;

  constructor(name: string, columns: PackedColumns, at: number) {
    this.name = name;
    this.#columns = columns;
    this.at = at;
  }

  /** Versions are numbered from 1 without gaps. */
  get version(): number {
    return this.at + 1;
  }

  read(field: string): FilterValue | undefined | readonly (FilterValue | undefined)[] {
    if (field.includes(".")) return this.#columns.named(field, this.at);
    switch (field) {
      case "version":
        return this.version;
      case "name":
        return this.name;
      case "alias":
        return this.#aliases();
      case "label":
        return this.#value("labels") || [];
      case "codec":
        return this.#value("codecs");
      case "flavor":
        return this.#value("flavors") || [];
      case "author": {
        const author = this.#value("author");
        return author === 0 ? undefined : [author.name, author.email];
      }
      case "size":
        return this.#value("size");
      case "description":
        return this.#value("description") || undefined;
      case "status":
        return statuses[this.#value("status")];
      case "verified": {
        const verified = this.#value("verified");
        return verified === 0 ? undefined : verified;
      }
      default:
        return timeText(this.#value(field as "created" | "registered"));
    }
  }

  listed(): ListedVersion {
    const author = this.#value("author");
    const description = this.#value("description");
    const verified = this.#value("verified");
    return {
      name: this.name,
      version: this.version,
      reference: `${this.name}@${this.version}`,
      status: statuses[this.#value("status")]!,
      registered: timeText(this.#value("registered")),
      created: timeText(this.#value("created")),
      ...(author !== 0 && { author }),
      aliases: this.#aliases(),
      labels: this.#value("labels") || [],
      tags: this.#all("tags") as Record<string, string>,
      ...(description !== 0 && { description }),
      metrics: this.#all("metrics") as Record<string, number>,
      parameters: this.#all("parameters"),
      codecs: this.#value("codecs"),
      flavors: this.#value("flavors") || [],
      size: this.#value("size"),
      ...(verified !== 0 && { verified }),
    };
  }

  #value<Name extends keyof ModelColumns>(name: Name): ModelColumns[Name] {
    return this.#columns.value(name, this.at);
  }

  #all(family: "metrics" | "parameters" | "tags"): Record<string, FilterValue> {
    const result: Record<string, FilterValue> = {};
    for (const name of this.#columns.names(family)) {
      const value = this.#columns.named(`${family}.${name}`, this.at);
      if (value !== undefined) result[name] = value;
    }
    return result;
  }

  #aliases(): string[] {
    const { aliases } = this.#columns.head;
    return Object.keys(aliases).filter((alias) => aliases[alias] === this.version);
  }
}

function timeText(time: number | string): string {
  return typeof time === "number" ? new Date(time).toISOString() : time;
}
