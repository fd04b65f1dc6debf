import { ModelkeepError } from "@modelkeep/core";

import { type Context, existing } from "../context.js";
import { history } from "../history.js";
import { modelNames } from "../models.js";
import { type AuditChange, changesOf } from "./changes.js";

/** What the report asks of a record of a prediction; those of `@modelkeep/serving` have it. */
export interface PredictionFact {
  readonly time: string;
  readonly version: number;
  /** Of the manifest. */
  readonly digest: string;
  /** As the server was given it: `credit-scorer@production`. */
  readonly reference: string;
  readonly caller?: string | undefined;
  readonly error?: unknown;
}

/** Which models and which time `audit.report` is about. */
export interface AuditReportOptions {
  /** Default: all. */
  readonly model?: string | undefined;
  readonly from?: Date | string | undefined;
  /** Before this time. */
  readonly to?: Date | string | undefined;
  /** Where predictions are on record: `(model, range) => predictionsOf(registry).find(model, range)`. */
  readonly predictions?:
    | ((model: string, range: { readonly from?: Date; readonly to?: Date }) => AsyncIterable<PredictionFact>)
    | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Who did what in a stretch of time. */
export interface AuditReport {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly models: readonly string[];
  /** In the order of time. */
  readonly changes: readonly AuditChange[];
  /** Absent when nobody said where they are. */
  readonly predictions?: readonly PredictedBy[] | undefined;
}

/** What one version predicted, asked for in one way. */
export interface PredictedBy {
  readonly model: string;
  readonly version: number;
  readonly digest: string;
  readonly reference: string;
  readonly predictions: number;
  /** Of them, those that failed. */
  readonly failed: number;
  readonly first: string;
  readonly last: string;
  /** Who asked and how often, where the server knew. */
  readonly callers: Readonly<Record<string, number>>;
}

/** Who changed what and who had approved it, of a model or a time, from the histories themselves. */
export async function auditReport(context: Context, options: AuditReportOptions): Promise<AuditReport> {
  const { model, predictions, signal } = options;
  const range = { from: timeOf(options.from), to: timeOf(options.to) };
  const models =
    model === undefined ? await presentNames(context, signal) : [(await existing(context, model, signal)).name];
  const changes: AuditChange[] = [];
  const predicted: PredictedBy[] = [];
  for (const name of models) {
    const all = changesOf(name, await history(context, name, signal));
    changes.push(...all.filter(({ time }) => isWithin(new Date(time), range)));
    if (predictions !== undefined) predicted.push(...(await countPredictions(name, predictions(name, defined(range)))));
  }
  return {
    ...(range.from && { from: range.from.toISOString() }),
    ...(range.to && { to: range.to.toISOString() }),
    models,
    changes: changes.toSorted((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0)),
    ...(predictions !== undefined && { predictions: predicted }),
  };
}

async function presentNames(context: Context, signal: AbortSignal | undefined): Promise<string[]> {
  const names = new Set<string>();
  for await (const name of modelNames(context.store, signal)) names.add((await existing(context, name, signal)).name);
  return [...names];
}

async function countPredictions(model: string, facts: AsyncIterable<PredictionFact>): Promise<PredictedBy[]> {
  const counts = new Map<
    string,
    { -readonly [K in keyof PredictedBy]: PredictedBy[K] } & { callers: Record<string, number> }
  >();
  for await (const { time, version, digest, reference, caller, error } of facts) {
    const key = JSON.stringify([version, digest, reference]);
    const found = counts.get(key) ?? {
      model,
      version,
      digest,
      reference,
      predictions: 0,
      failed: 0,
      first: time,
      last: time,
      callers: Object.create(null) as Record<string, number>,
    };
    found.predictions++;
    if (error !== undefined) found.failed++;
    if (time < found.first) found.first = time;
    if (time > found.last) found.last = time;
    if (caller !== undefined) found.callers[caller] = (found.callers[caller] ?? 0) + 1;
    counts.set(key, found);
  }
  return [...counts.values()].toSorted((a, b) => a.version - b.version);
}

interface Range {
  readonly from: Date | undefined;
  readonly to: Date | undefined;
}

function isWithin(time: Date, { from, to }: Range): boolean {
  return (from === undefined || time >= from) && (to === undefined || time < to);
}

function defined({ from, to }: Range): { readonly from?: Date; readonly to?: Date } {
  return { ...(from && { from }), ...(to && { to }) };
}

function timeOf(time: Date | string | undefined): Date | undefined {
  if (time === undefined) return undefined;
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) throw new ModelkeepError("invalid_input", `${JSON.stringify(time)} is no time`);
  return date;
}
