import { compareCodePoints, ModelkeepError } from "@modelkeep/core";

import { type Filter, type FilterValue, isField, parseFilter } from "./filter.js";
import { fieldsOf, type ListedModel, type ListedVersion } from "./index-line.js";
import type { VersionIndex } from "./version-index.js";

export interface PageOptions {
  /** Default 100. */
  readonly limit?: number | undefined;
  /** Where an earlier page said that the next one begins. */
  readonly cursor?: string | undefined;
  /** Asks every model whether it has changed, instead of following hints. */
  readonly scan?: boolean | undefined;
}

export interface SearchOptions extends PageOptions {
  /** "metrics.auc desc, name": versions without the field come last. Default: by name, the newest version first. */
  readonly orderBy?: string | undefined;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** Absent on the last page. */
  readonly next?: string | undefined;
}

type Compare = (a: ListedVersion, b: ListedVersion) => number;

/** Models by name. */
export async function listModels(index: VersionIndex, options: PageOptions = {}): Promise<Page<ListedModel>> {
  await index.refresh(options);
  const after = options.cursor === undefined ? undefined : (readCursor(options.cursor, 1)[0] as string);
  const limit = limitOf(options);
  const items: ListedModel[] = [];
  for (const line of index.sorted()) {
    if (after !== undefined && compareCodePoints(line.name, after) <= 0) continue;
    if (line.model().versions === 0) continue;
    if (items.length === limit) return { items, next: writeCursor([items.at(-1)!.name]) };
    items.push(line.model());
  }
  return { items };
}

/** Versions that a filter holds for. */
export async function searchVersions(
  index: VersionIndex,
  filter: string,
  options: SearchOptions = {},
): Promise<Page<ListedVersion>> {
  const holds = parseFilter(filter);
  const order = options.orderBy === undefined ? undefined : parseOrder(options.orderBy);
  const limit = limitOf(options);
  await index.refresh(options);
  const found =
    order === undefined ? inOrder(index, holds, options.cursor, limit) : sorted(index, holds, order, options.cursor);
  const items = found.slice(0, limit);
  const last = items.at(-1);
  if (found.length <= limit || last === undefined) return { items };
  return {
    items,
    next: writeCursor([...(order?.map((each) => valueOf(last, each.field) ?? null) ?? []), last.name, last.version]),
  };
}

/** By name, then the newest version first: no further than the page goes. */
function inOrder(index: VersionIndex, holds: Filter, cursor: string | undefined, limit: number): ListedVersion[] {
  const [name, version] = cursor === undefined ? [] : (readCursor(cursor, 2) as [string, number]);
  const found: ListedVersion[] = [];
  for (const line of index.sorted()) {
    const place = name === undefined ? 1 : compareCodePoints(line.name, name);
    if (place < 0) continue;
    for (const listed of line.versions().toReversed()) {
      if (place === 0 && listed.version >= version!) continue;
      if (holds(fieldsOf(listed))) found.push(listed);
      if (found.length > limit) return found;
    }
  }
  return found;
}

interface Order {
  readonly field: string;
  readonly descending: boolean;
}

function sorted(
  index: VersionIndex,
  holds: Filter,
  order: readonly Order[],
  cursor: string | undefined,
): ListedVersion[] {
  const compare: Compare = (a, b) => {
    for (const each of order) {
      const place = compareValues(valueOf(a, each.field), valueOf(b, each.field), each.descending);
      if (place !== 0) return place;
    }
    return compareCodePoints(a.name, b.name) || b.version - a.version;
  };
  const all = index.sorted().flatMap((line) => line.versions().filter((listed) => holds(fieldsOf(listed))));
  all.sort(compare);
  if (cursor === undefined) return all;
  const values = readCursor(cursor, order.length + 2);
  const [name, version] = values.slice(-2) as [string, number];
  const start = all.findIndex((listed) => {
    for (const [at, each] of order.entries()) {
      const place = compareValues(valueOf(listed, each.field), values[at] ?? undefined, each.descending);
      if (place !== 0) return place > 0;
    }
    return (compareCodePoints(listed.name, name) || version - listed.version) > 0;
  });
  return start < 0 ? [] : all.slice(start);
}

function parseOrder(text: string): Order[] {
  return text.split(",").map((part) => {
    const [, field = "", direction = "asc"] = /^\s*(\S+(?:\s+\S+)*?)(?:\s+(asc|desc))?\s*$/iu.exec(part) ?? [];
    const plain = field.replaceAll("`", "");
    if (!isField(plain))
      throw new ModelkeepError(
        "invalid_input",
        `${JSON.stringify(part.trim())} is no order: a field of the filters, then "asc" or "desc"`,
      );
    return { field: plain, descending: direction.toLowerCase() === "desc" };
  });
}

function valueOf(listed: ListedVersion, field: string): FilterValue | undefined {
  return fieldsOf(listed)(field)[0];
}

/** Numbers before texts; what is not there comes last, in either direction. */
function compareValues(a: FilterValue | undefined, b: FilterValue | undefined, descending: boolean): number {
  const [left, right] = [a ?? undefined, b ?? undefined];
  if (left === undefined || right === undefined) return Number(left === undefined) - Number(right === undefined);
  if (typeof left !== typeof right) return typeof left < typeof right ? -1 : 1;
  const place = typeof left === "string" ? compareCodePoints(left, right as string) : Number(left) - Number(right);
  return descending ? -place : place;
}

function limitOf({ limit = 100 }: PageOptions): number {
  if (!Number.isSafeInteger(limit) || limit < 1)
    throw new TypeError(`A limit is a whole number from 1 on, not ${limit}`);
  return limit;
}

function writeCursor(values: readonly FilterValue[]): string {
  return encodeURIComponent(JSON.stringify(values));
}

function readCursor(cursor: string, length: number): FilterValue[] {
  try {
    const values = JSON.parse(decodeURIComponent(cursor)) as FilterValue[];
    if (Array.isArray(values) && values.length === length) return values;
  } catch {
    // Said below.
  }
  throw new ModelkeepError("invalid_input", "The cursor is none that an earlier page of the same search gave");
}
