import { type ChangeOptions, change, type Context, plain } from "./context.js";
import type { ModelRecord, Status } from "./record.js";
import { selectText } from "./resolve.js";

/** Why a status changes. */
export interface StatusOptions extends ChangeOptions {
  readonly reason?: string | undefined;
}

/** Gives a version a name that never moves and that no other version of the model gets. */
export function label(
  context: Context,
  name: string,
  version: number | string,
  labels: readonly string[],
  options: ChangeOptions = {},
): Promise<ModelRecord> {
  return change(
    context,
    name,
    (record) => ({
      kind: "label",
      critical: true,
      change: { version: selectText(record, version).version, labels: [...labels] },
    }),
    options,
  );
}

/** Sets tags of a version, or of the model where no version is given; `undefined` or null as a value removes one. */
export function tag(
  context: Context,
  name: string,
  version: number | string | undefined,
  tags: Readonly<Record<string, string | null | undefined>>,
  options: ChangeOptions = {},
): Promise<ModelRecord> {
  const entries = Object.entries(tags);
  const set = Object.fromEntries(entries.filter(([, value]) => typeof value === "string")) as Record<string, string>;
  const remove = entries.filter(([, value]) => typeof value !== "string").map(([key]) => key);
  return change(
    context,
    name,
    (record) => ({ kind: "tag", critical: false, change: plain({ version: numberOf(record, version), set, remove }) }),
    options,
  );
}

/** Words for people, for a version or, without one, for the model. `undefined` takes them away. */
export function describe(
  context: Context,
  name: string,
  version: number | string | undefined,
  description: string | undefined,
  options: ChangeOptions = {},
): Promise<ModelRecord> {
  return change(
    context,
    name,
    (record) => ({
      kind: "describe",
      critical: false,
      change: plain({ version: numberOf(record, version), description }),
    }),
    options,
  );
}

/** Deprecated: still found and used, with the reason shown. Archived: out of sight, no alias may point at it. */
export function setStatus(
  context: Context,
  name: string,
  version: number | string,
  status: Exclude<Status, "deleted">,
  { reason, signal }: StatusOptions = {},
): Promise<ModelRecord> {
  return change(
    context,
    name,
    (record) => ({
      kind: "status",
      critical: true,
      change: plain({ version: selectText(record, version).version, status, reason }),
    }),
    { signal },
  );
}

function numberOf(record: ModelRecord, version: number | string | undefined): number | undefined {
  return version === undefined ? undefined : selectText(record, version).version;
}
