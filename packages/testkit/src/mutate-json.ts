import type { Json } from "@modelkeep/core";

/**
 * Changes, takes away or doubles one value somewhere within `root`, which must hold one. What stands in its place is one of
 * `replacements`; `random` gives numbers from 0 to below 1.
 */
export function mutateJson(root: Json, random: () => number, replacements: readonly Json[]): void {
  const below = (most: number) => Math.floor(random() * most);
  const places: { readonly parent: Json[] | { [key: string]: Json }; readonly key: string }[] = [];
  const stack: Json[] = [root];
  for (let value = stack.pop(); value !== undefined; value = stack.pop()) {
    if (typeof value !== "object" || value === null) continue;
    for (const [key, each] of Object.entries(value)) {
      places.push({ parent: value, key });
      stack.push(each);
    }
  }
  const { parent, key } = places[below(places.length)]!;
  const owner = parent as { [key: string]: Json };
  const kind = below(8);
  if (kind === 0) delete owner[key];
  else if (kind === 1 && Array.isArray(parent)) parent.push(structuredClone(owner[key]!));
  else owner[key] = structuredClone(replacements[below(replacements.length)]!);
}
