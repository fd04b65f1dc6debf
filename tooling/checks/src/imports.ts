import { builtinModules } from "node:module";
import { parseSync } from "oxc-parser";

export interface Import {
  readonly specifier: string;
  readonly line: number;
  /** `import type`, `export type`: gone at run time. */
  readonly typeOnly: boolean;
}

/** Everything that a module asks for: static and dynamic imports and re-exports. */
export function importsOf(path: string, source: string): readonly Import[] {
  const { module, errors } = parseSync(path, source);
  if (errors[0] !== undefined) throw new Error(`${path} does not parse: ${errors[0].message}`);
  const at = (offset: number) => source.slice(0, offset).split("\n").length;
  const entriesAreTypes = (entries: readonly { isType: boolean }[]) =>
    entries.length > 0 && entries.every((entry) => entry.isType);

  const statics = module.staticImports.map(({ moduleRequest, entries }) => ({
    specifier: moduleRequest.value,
    line: at(moduleRequest.start),
    typeOnly: entriesAreTypes(entries),
  }));
  const reexports = module.staticExports.flatMap(({ entries }) => {
    const from = entries.find((entry) => entry.moduleRequest)?.moduleRequest;
    return from ? [{ specifier: from.value, line: at(from.start), typeOnly: entriesAreTypes(entries) }] : [];
  });
  const dynamics = module.dynamicImports.flatMap(({ moduleRequest: { start, end } }) => {
    const literal = /^(["'`])(.*)\1$/s.exec(source.slice(start, end).trim());
    return literal?.[2] === undefined ? [] : [{ specifier: literal[2], line: at(start), typeOnly: false }];
  });
  return [...statics, ...reexports, ...dynamics];
}

/** `@scope/name/sub` and `name/sub` without their subpath. */
export function packageNameOf(specifier: string): string {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

export function isNodeBuiltin(specifier: string): boolean {
  return specifier.startsWith("node:") || builtinModules.includes(packageNameOf(specifier));
}

export function isRelative(specifier: string): boolean {
  return specifier.startsWith("./") || specifier.startsWith("../");
}
