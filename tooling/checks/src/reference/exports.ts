import { join } from "node:path";
import ts from "@typescript/typescript6";
import { publishedPackages, type WorkspacePackage } from "../workspace.js";

/** What one entry point of a package exports. */
export interface EntryPoint {
  readonly package: WorkspacePackage;
  /** "@modelkeep/core/node". */
  readonly name: string;
  readonly exports: readonly Export[];
}

export interface Export {
  readonly name: string;
  /** What the name stands for, wherever it is declared. */
  readonly symbol: ts.Symbol;
  readonly declarations: readonly ts.Declaration[];
}

export interface Exports {
  readonly checker: ts.TypeChecker;
  readonly entryPoints: readonly EntryPoint[];
}

/** Everything that the published packages export, read from their sources. */
export function readExports(base: string): Exports {
  const found = publishedPackages(base).flatMap((item) =>
    Object.entries(item.manifest.exports ?? {}).flatMap(([subpath, target]) => {
      const source = typeof target === "string" ? undefined : target["modelkeep-source"];
      if (source === undefined) return [];
      return [{ package: item, name: join(item.manifest.name, subpath), file: join(base, item.directory, source) }];
    }),
  );
  const program = programOf(found.map(({ file }) => file));
  const checker = program.getTypeChecker();
  const entryPoints = found.map(({ file, ...entry }) => {
    const module = program.getSourceFile(file);
    const symbol = module && checker.getSymbolAtLocation(module);
    return { ...entry, exports: symbol === undefined ? [] : exportsOf(checker, symbol) };
  });
  return { checker, entryPoints };
}

function exportsOf(checker: ts.TypeChecker, module: ts.Symbol): readonly Export[] {
  return checker
    .getExportsOfModule(module)
    .map((symbol) => ({ name: symbol.name, symbol: resolved(checker, symbol) }))
    .map((found) => ({ ...found, declarations: found.symbol.declarations ?? [] }))
    .sort((left, right) => compareNames(left.name, right.name));
}

/** The symbol behind imports and re-exports. */
export function resolved(checker: ts.TypeChecker, symbol: ts.Symbol): ts.Symbol {
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
}

/** The symbol that a name in the sources stands for. */
export function symbolOf(checker: ts.TypeChecker, name: ts.Node): ts.Symbol | undefined {
  const symbol = checker.getSymbolAtLocation(name);
  return symbol && resolved(checker, symbol);
}

/** As people look names up: without regard to case. The same on every machine. */
export function compareNames(left: string, right: string): number {
  const [a, b] = [left.toLowerCase(), right.toLowerCase()];
  if (a !== b) return a < b ? -1 : 1;
  return left < right ? -1 : Number(left > right);
}

/**
 * Types are shown as they are written, so of other packages only zod is read, whose schemas are types of ours. That keeps this
 * at a second or two.
 */
function programOf(files: readonly string[]): ts.Program {
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2023,
    lib: ["lib.es2023.d.ts", "lib.esnext.disposable.d.ts"],
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    customConditions: ["modelkeep-source"],
    types: [],
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: true,
    noEmit: true,
  };
  const host = ts.createCompilerHost(options);
  const cache = ts.createModuleResolutionCache(host.getCurrentDirectory(), (name) => name, options);
  host.resolveModuleNameLiterals = (literals, file, redirected) =>
    literals.map(({ text }) =>
      /^(\.|@modelkeep\/|zod\b)/.test(text)
        ? ts.resolveModuleName(text, file, options, host, cache, redirected, ts.ModuleKind.ESNext)
        : { resolvedModule: undefined },
    );
  return ts.createProgram(files, options, host);
}
