import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root, workspacePackages } from "../../../../tooling/checks/src/workspace.js";

/** A code with its meaning, as the docstrings of core's `ErrorCode` give it. */
export interface ErrorMeaning {
  readonly code: string;
  readonly meaning: string;
}

/** Members of core's `ErrorCode` in their order. A docstring covers the codes that follow it up to the next. */
export function coreErrorCodes(
  source = readFileSync(join(root, "packages/core/src/errors.ts"), "utf8"),
): readonly ErrorMeaning[] {
  const union = /export type ErrorCode =(.*?);\n/s.exec(source)?.[1] ?? "";
  const codes: ErrorMeaning[] = [];
  let meaning = "";
  for (const [, comment, code] of union.matchAll(/\/\*\*\s*(.*?)\s*\*\/|\|\s*"(\w+)"/gs)) {
    if (comment !== undefined) meaning = comment.replaceAll(/\s*\n\s*\*\s*/g, " ");
    if (code !== undefined) codes.push({ code, meaning });
  }
  return codes;
}

/** Every code that the sources of packages and applications give to an error, with the packages that do. */
export function usedErrorCodes(base = root): ReadonlyMap<string, readonly string[]> {
  const used = new Map<string, string[]>();
  for (const { directory, manifest } of workspacePackages(base)) {
    if (directory.startsWith("tooling/")) continue;
    const text = sourcesOf(join(base, directory));
    for (const code of codesIn(text)) used.set(code, [...(used.get(code) ?? []), manifest.name]);
  }
  return new Map([...used].sort(([left], [right]) => (left < right ? -1 : 1)));
}

/**
 * Codes stand as the first argument of `new ModelkeepError(…)`, of a function whose first parameter is called `code`, or in
 * a value that is called so. Apart from the first case, only what looks like a code counts: words joined by `_`.
 */
export function codesIn(source: string): ReadonlySet<string> {
  const codes = new Set<string>();
  const collect = (heads: string, pattern: RegExp) => {
    for (const [, text] of source.matchAll(new RegExp(heads, "g")))
      for (const [, code] of text!.matchAll(pattern)) codes.add(code!);
  };
  collect(String.raw`new ModelkeepError\(\s*([^(]*?)[,)]`, /"([a-z]+(?:_[a-z]+)*)"/g);
  const makers = [...source.matchAll(/([#\w]+)(?:\s*=\s*)?\(\s*code\??:/g)].map(([, name]) => name!);
  for (const maker of makers) collect(String.raw`${maker}\(\s*([^(]*?)[,)]`, /"([a-z]+(?:_[a-z]+)+)"/g);
  collect(String.raw`\bcode\s*(?:=(?!=)|:)([^;,)}]*)`, /"([a-z]+(?:_[a-z]+)+)"/g);
  return codes;
}

function sourcesOf(directory: string): string {
  return readdirSync(join(directory, "src"), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts") && !path.endsWith(".test.ts"))
    .map((path) => readFileSync(join(directory, "src", path), "utf8"))
    .join("\n");
}
