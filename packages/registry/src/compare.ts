import type { Context } from "./context.js";
import { openReference } from "./open.js";

/** What two versions have in one place; a side that lacks it is absent. */
export interface Difference<T = unknown> {
  readonly left?: T | undefined;
  readonly right?: T | undefined;
}

/** What differs between two versions, which may be of two models. Equal values are not listed. */
export interface Comparison {
  readonly left: string;
  readonly right: string;
  /** Whether both hold the same files. */
  readonly sameContent: boolean;
  /** With the change from left to right where both have the metric. */
  readonly metrics: Readonly<Record<string, Difference<number> & { readonly change?: number | undefined }>>;
  readonly crossValidation: Readonly<Record<string, Difference<readonly number[]>>>;
  readonly parameters: Readonly<Record<string, Difference>>;
  readonly tags: Readonly<Record<string, Difference<string>>>;
  readonly libraries: Readonly<Record<string, Difference<string>>>;
  readonly trained: Difference<string> | undefined;
  readonly signature: Difference | undefined;
  readonly data: Difference | undefined;
  readonly source: Difference | undefined;
  /** By path: size and digest. */
  readonly payloads: Readonly<Record<string, Difference<{ readonly size: number; readonly digest: string }>>>;
}

export async function compare(
  context: Context,
  left: string,
  right: string,
  signal?: AbortSignal,
): Promise<Comparison> {
  const [a, b] = await Promise.all([openReference(context, left, signal), openReference(context, right, signal)]);
  const [before, after] = [a.envelope.manifest, b.envelope.manifest];
  const metrics = differences(before.metrics ?? {}, after.metrics ?? {});
  const files = (payloads: typeof before.payloads) =>
    Object.fromEntries(payloads.map(({ path, size, digest }) => [path, { size, digest }]));
  return {
    left: `${a.record.name}@${a.version.version}`,
    right: `${b.record.name}@${b.version.version}`,
    sameContent: before.content === after.content,
    metrics: Object.fromEntries(Object.entries(metrics).map(([name, each]) => [name, withChange(each)])),
    crossValidation: differences(before.crossValidation ?? {}, after.crossValidation ?? {}),
    parameters: differences(before.parameters ?? {}, after.parameters ?? {}),
    tags: differences(a.version.tags, b.version.tags),
    libraries: differences(before.environment?.libraries ?? {}, after.environment?.libraries ?? {}),
    trained: difference(before.trained, after.trained),
    signature: difference(before.signature, after.signature),
    data: difference(before.data, after.data),
    source: difference(before.source, after.source),
    payloads: differences(files(before.payloads), files(after.payloads)),
  };
}

function withChange(each: Difference<number>): Difference<number> & { readonly change?: number | undefined } {
  const { left, right } = each;
  return left === undefined || right === undefined ? each : { ...each, change: right - left };
}

function differences<T>(
  left: Readonly<Record<string, T>>,
  right: Readonly<Record<string, T>>,
): Record<string, Difference<T>> {
  const names = [...new Set([...Object.keys(left), ...Object.keys(right)])];
  const own = (values: Readonly<Record<string, T>>, name: string) =>
    Object.hasOwn(values, name) ? values[name] : undefined;
  return Object.fromEntries(
    names.flatMap((name) => {
      const found = difference(own(left, name), own(right, name));
      return found === undefined ? [] : [[name, found]];
    }),
  );
}

function difference<T>(left: T | undefined, right: T | undefined): Difference<T> | undefined {
  return JSON.stringify(left) === JSON.stringify(right) ? undefined : { left, right };
}
