import { PickleGlobal } from "../value.js";
import type { KnownGlobal } from "./known.js";
import { libraryModules } from "./libraries.js";
import { numpyModules } from "./numpy.js";
import { pythonModules } from "./python.js";

// Exact names in Maps: no prefix, no pattern, no property of an object decides what a name means.
const modules = new Map<string, Map<string, KnownGlobal>>();
for (const [module, names] of [...pythonModules, ...numpyModules, ...libraryModules])
  modules.set(module, new Map([...(modules.get(module) ?? []), ...names]));

/** What is known of `module.name`; undefined when it is outside the table. */
export function knownGlobal(module: string, name: string): KnownGlobal | undefined {
  return modules.get(module)?.get(name);
}

/** What a known name becomes. Python 2's names become those of Python 3. */
export function inertGlobal(module: string, name: string, known: KnownGlobal): PickleGlobal {
  const [aliasModule, aliasName] = known.alias ?? [module, name];
  return new PickleGlobal(aliasModule, aliasName, known.kind);
}
