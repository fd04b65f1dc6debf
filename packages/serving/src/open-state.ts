import type { Registry, Standing, VersionView } from "@modelkeep/registry";

import { isolated } from "./isolation/isolated-runtime.js";
import { poolOf } from "./model-pool.js";
import type { ServeOptions } from "./serve-options.js";
import { KeyBuckets, type ServedState } from "./served-state.js";
import { ServedVersion } from "./served-version.js";
import { warmUp } from "./warm-up.js";

/** Loads and warms every version that takes part; those that are served already are taken over. */
export async function openState(
  registry: Registry,
  reference: string,
  standing: Standing,
  options: ServeOptions,
  report: (error: Error) => void,
  before: ReadonlyMap<number, ServedVersion> = new Map(),
): Promise<ServedState> {
  const shadowed = options.log === undefined ? new Set(standing.route?.shadows) : new Set<number>();
  const wanted = [...standing.versions.values()].filter(({ version }) => !shadowed.has(version));
  const results = await Promise.allSettled(
    wanted.map(async (view) => {
      const known = before.get(view.version);
      const same = known?.digest === view.digest && known?.facts.model === view.name;
      return same ? known : openVersion(registry, reference, view, options);
    }),
  );
  const opened = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  const shadowing = new Set(standing.route?.shadows);
  const failures = results.flatMap((result, at) =>
    result.status === "rejected" ? [{ version: wanted[at]!.version, error: result.reason as Error }] : [],
  );
  const failed = failures.find(({ version }) => !shadowing.has(version));
  if (failed !== undefined) {
    await Promise.all(
      opened.filter((served) => before.get(served.version) !== served).map((served) => served.retire()),
    );
    throw failed.error;
  }
  // Nobody waits for what a shadow says: it is missed, and the others answer.
  for (const { error } of failures) report(error);
  const versions = new Map(opened.map((served) => [served.version, served]));
  const shadows = (standing.route?.shadows ?? []).flatMap((version) => versions.get(version) ?? []);
  return {
    standing,
    primary: versions.get(standing.version.version)!,
    versions,
    shadows,
    buckets: new KeyBuckets(),
    route: standing.route && { alias: standing.route.alias, entry: standing.route.entry },
  };
}

async function openVersion(
  registry: Registry,
  reference: string,
  view: VersionView,
  {
    log: _log,
    record = {},
    refreshSeconds: _seconds,
    withoutKey: _key,
    shadowBacklog: _backlog,
    onTrouble: _trouble,
    onMove: _move,
    isolation,
    ...load
  }: ServeOptions,
): Promise<ServedVersion> {
  const lease = await poolOf(registry).lease(
    view,
    isolation === undefined ? load : { ...load, through: (runtime) => isolated(runtime, isolation) },
    JSON.stringify(isolation ?? null),
  );
  try {
    await warmUp(lease.model);
    return new ServedVersion(view, lease, reference, record);
  } catch (error) {
    await lease.release();
    throw error;
  }
}
