import type { Manifest } from "@modelkeep/core";

export interface Requirement {
  readonly ecosystem: "npm" | "pypi";
  readonly name: string;
  readonly version: string;
}

/** What the manifest declares: its requirements, and the libraries of its representations, once each. */
export function requirementsOf(manifest: Manifest): Requirement[] {
  const found = new Map<string, Requirement>();
  const add = (requirement: Requirement) => found.set(`${requirement.ecosystem}:${requirement.name}`, requirement);
  for (const { libraries } of manifest.representations) {
    for (const [name, version] of Object.entries(libraries ?? {})) add({ ecosystem: "npm", name, version });
  }
  for (const { ecosystem, name, version } of manifest.requirements ?? []) add({ ecosystem, name, version });
  return [...found.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
