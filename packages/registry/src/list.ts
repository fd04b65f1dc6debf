import { compareCodePoints, ModelkeepError } from "@modelkeep/core";

import { type Filter, type FilterValue, isField, parseFilter } from "./filter.js";
import type { IndexRow, ListedModel, ListedVersion } from "./index-line.js";
import type { VersionIndex } from "./version-index.js";

/** How long a page is, and where it begins. */
export interface PageOptions {
  /** Default 100. */
  readonly limit?: number | undefined;
  /** Where an earlier page said that the next one begins. */
  readonly cursor?: string | undefined;
  /** Asks every model whether it has changed, instead of following hints. */
  readonly scan?: boolean | undefined;
}

/** In which order `search` gives what it finds. */
export interface SearchOptions extends PageOptions {
  /** "metrics.auc desc, name": versions without the field come last. Default: by name, the newest version first. */
  readonly orderBy?: string | undefined;
}

/** A part of a listing, and where the next part begins. */
export interface Page<T> {
  readonly items: readonly T[];
  /** Absent on the last page. */
  readonly next?: string | undefined;
}

/** Models by name. */
export async function listModels(index: VersionIndex, options: PageOptions = {}): Promise<Page<ListedModel>> {
  await index.refresh(options);
  const after = options.cursor === undefined ? undefined : (readCursor(options.cursor, 1)[0] as string);
  const limit = limitOf(options);
  const items: ListedModel[] = [];
  for (const line of index.sorted()) {
    if (after !== undefined && compareCodePoints(line.name, after) <= 0) continue;
    if (line.versions === 0) continue;
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
    order === undefined
      ? inOrder(index, holds, options.cursor, limit)
      : sorted(index, holds, order, options.cursor, limit);
  const page = found.slice(0, limit);
  const items = page.map((row) => row.listed());
  const last = page.at(-1);
  if (found.length <= limit || last === undefined) return { items };
  const values = order?.map(({ field }) => firstOf(last.read(field)) ?? null) ?? [];
  return { items, next: writeCursor([...values, last.name, last.version]) };
}

/** By name, then the newest version first: no further than the page goes. */
function inOrder(index: VersionIndex, holds: Filter, cursor: string | undefined, limit: number): IndexRow[] {
  const [name, version] = cursor === undefined ? [] : (readCursor(cursor, 2) as [string, number]);
  const found: IndexRow[] = [];
  for (const line of index.sorted()) {
    const place = name === undefined ? 1 : compareCodePoints(line.name, name);
    if (place < 0) continue;
    for (let at = line.versions - 1; at >= 0; at--) {
      const row = line.row(at);
      if (place === 0 && row.version >= version!) continue;
      if (holds(row)) found.push(row);
      if (found.length > limit) return found;
    }
  }
  return found;
}

interface Order {
  readonly field: string;
  readonly descending: boolean;
}

interface Place {
  readonly values: readonly (FilterValue | undefined)[];
  readonly row: Pick<IndexRow, "name" | "version">;
}

/** The first of what the filter holds for, by the order; after the cursor, if there is one: as many as the page has, and one. */
function sorted(
  index: VersionIndex,
  holds: Filter,
  order: readonly Order[],
  cursor: string | undefined,
  limit: number,
): IndexRow[] {
  const compare = (a: Place, b: Place): number => {
    for (let at = 0; at < order.length; at++) {
      const place = compareValues(a.values[at], b.values[at], order[at]!.descending);
      if (place !== 0) return place;
    }
    return compareCodePoints(a.row.name, b.row.name) || b.row.version - a.row.version;
  };
  const values = cursor === undefined ? [] : readCursor(cursor, order.length + 2);
  const [name, version] = values.slice(-2) as [string, number];
  const last = cursor === undefined ? undefined : { row: { name, version }, values };
  let first: (Place & { readonly row: IndexRow })[] = [];
  for (const line of index.sorted()) {
    for (const row of line.matching(holds)) {
      const place = { row, values: order.map(({ field }) => firstOf(row.read(field))) };
      if (last === undefined || compare(place, last) > 0) first.push(place);
    }
    // Of many, only as many as are shown have to be in order.
    if (first.length > 2 * limit + 64) first = first.sort(compare).slice(0, limit + 1);
  }
  return first.sort(compare).map(({ row }) => row);
}

/** What an order goes by, where a field has several values. */
function firstOf(found: ReturnType<IndexRow["read"]>): FilterValue | undefined {
  return (Array.isArray(found) ? found[0] : found) as FilterValue | undefined;
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
