import { compareCodePoints, type ListEntry, type ObjectInfo, type Store } from "@modelkeep/core";

/**
 * A store whose listings lag: they show the keys as they stood some writes ago, so that new keys are missing and deleted
 * ones are still there. Everything else is up to date. All clients must use this one store, since it knows only of what goes
 * through it; each listing beside writes also lets one more of them be seen, as time would.
 */
export function staleLists(store: Store, lag: number): Store {
  const visible = new Map<string, ObjectInfo>();
  const pending: { readonly key: string; readonly info: ObjectInfo | undefined }[] = [];
  const settle = (most: number): void => {
    while (pending.length > most) {
      const { key, info } = pending.shift()!;
      if (info === undefined) visible.delete(key);
      else visible.set(key, info);
    }
  };
  const written = (key: string, info: ObjectInfo | undefined): void => {
    pending.push({ key, info });
    settle(lag);
  };
  return {
    name: store.name,
    supports: store.supports,
    head: (key, options) => store.head(key, options),
    get: (key, options) => store.get(key, options),
    async put(key, body, options) {
      const info = await store.put(key, body, options);
      written(info.key, info);
      return info;
    },
    async delete(key, options) {
      await store.delete(key, options);
      written(key, undefined);
    },
    async *list(prefix, { after, delimiter } = {}) {
      settle(Math.max(0, pending.length - 1));
      const entries = new Map<string, ListEntry>();
      for (const [key, info] of visible) {
        if (!key.startsWith(prefix)) continue;
        const at = delimiter === undefined ? -1 : key.indexOf(delimiter, prefix.length);
        const group = key.slice(0, at + (delimiter?.length ?? 0));
        entries.set(at < 0 ? key : group, at < 0 ? info : { key: group, size: 0, modified: new Date(0), prefix: true });
      }
      const keys = [...entries.keys()].filter((key) => after === undefined || compareCodePoints(key, after) > 0);
      for (const key of keys.toSorted(compareCodePoints)) yield entries.get(key)!;
    },
  };
}
