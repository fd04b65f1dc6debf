import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import ts from "@typescript/typescript6";
import { firstDifference } from "../report-text.js";
import { root } from "../workspace.js";
import { docCommentOf } from "./doc-comment.js";
import { type Exports, readExports } from "./exports.js";
import { contentsEntry, type PageContext, referencePage } from "./page.js";
import { type PagePlan, planPages } from "./plan.js";

const folder = "docs/reference";

/** Brings `docs/reference` up to date. */
export function writeReference(base = root): void {
  rmSync(join(base, folder), { recursive: true, force: true });
  mkdirSync(join(base, folder), { recursive: true });
  for (const [name, text] of referencePages(readExports(base), base)) writeFileSync(join(base, folder, name), text);
}

/** Pages that differ from the docstrings, exports without a docstring, and READMEs that don't lead to their page. */
export async function referenceFaults(base = root): Promise<readonly string[]> {
  const exports = readExports(base);
  const pages = referencePages(exports, base);
  const written = existsSync(join(base, folder)) ? readdirSync(join(base, folder)) : [];
  const stale = [...pages].flatMap(([name, text]) => {
    const known = written.includes(name) ? readFileSync(join(base, folder, name), "utf8").replaceAll("\r\n", "\n") : "";
    return known === text ? [] : [`${folder}/${name} is not what the sources say, ${firstDifference(known, text)}`];
  });
  const left = written.filter((name) => !pages.has(name)).map((name) => `${folder}/${name} belongs to no package.`);
  return [
    ...[...stale, ...left].map((fault) => `${fault}\nnpm run reference writes the pages.`),
    ...silentExports(exports),
    ...readmesWithoutLink(exports, base),
  ];
}

/** Exports that say nothing of themselves, once each, where they come from. */
function silentExports({ entryPoints }: Exports): readonly string[] {
  const seen = new Set<ts.Symbol>();
  return entryPoints.flatMap((entry) =>
    entry.exports
      .filter(({ symbol, declarations }) => {
        const silent = !seen.has(symbol) && docCommentOf(declarations).text === "";
        seen.add(symbol);
        return silent;
      })
      .map(({ name }) => `${name} of ${entry.name} has no docstring.`),
  );
}

function readmesWithoutLink({ entryPoints }: Exports, base: string): readonly string[] {
  return [...new Set(entryPoints.map((entry) => entry.package.directory))].flatMap((directory) => {
    const page = `../../${folder}/${directory.split("/")[1]}.md`;
    const readme = readFileSync(join(base, directory, "README.md"), "utf8");
    return readme.includes(`(${page}`) ? [] : [`${directory}/README.md does not link to ${page}.`];
  });
}

/** Every page by the name of its file. */
export function referencePages(exports: Exports, base: string): ReadonlyMap<string, string> {
  const { plans, places } = planPages(exports, base);
  const named = ts.TypeFlags.Object | ts.TypeFlags.TemplateLiteral | ts.TypeFlags.Union;
  const known = new Map<ts.Type, ts.Symbol>();
  for (const { symbol } of plans.flatMap(({ sections }) => sections.flatMap(({ items }) => items))) {
    const type = exports.checker.getDeclaredTypeOfSymbol(symbol);
    if (type.flags & named && !known.has(type)) known.set(type, symbol);
  }
  const codes = errorCodes(base);
  const pages = plans.map((plan): [string, string] => {
    const of = (symbol: ts.Symbol) => places.get(symbol)?.replace(new RegExp(`^${plan.file}(?=#)`), "");
    const words = wordsOf(plan, plans, of);
    const lookUp = (word: string) => words.get(word) ?? (codes.has(word) ? `../errors.md#${word}` : undefined);
    const context: PageContext = { base, checker: exports.checker, known, of, lookUp };
    return [plan.file, referencePage(plan, context)];
  });
  return new Map([["README.md", indexPage(plans)], ...pages]);
}

/** Names that lead somewhere when a docstring mentions them: those of the package itself, and of core. */
function wordsOf(
  { package: own }: PagePlan,
  plans: readonly PagePlan[],
  of: (symbol: ts.Symbol) => string | undefined,
): ReadonlyMap<string, string> {
  const near = plans.filter((plan) => plan.package === own || plan.package.manifest.name === "@modelkeep/core");
  return new Map(
    near
      .sort((left, right) => Number(left.package === own) - Number(right.package === own))
      .flatMap(({ sections }) => sections.flatMap(({ items }) => items))
      .map(({ name, symbol }) => [name, of(symbol) ?? ""]),
  );
}

/** The codes that docs/errors.md explains. */
function errorCodes(base: string): ReadonlySet<string> {
  const page = join(base, "docs/errors.md");
  const text = existsSync(page) ? readFileSync(page, "utf8") : "";
  return new Set([...text.matchAll(/<a id="(\w+)">/g)].map(([, code]) => code!));
}

function indexPage(plans: readonly PagePlan[]): string {
  const rows = plans.map(({ package: { manifest }, file, sections }) => {
    const verbs = sections.flatMap(({ items }) => items).filter(({ kind }) => kind === "function" || kind === "class");
    return `**[${manifest.name}](${file})**: ${manifest.description}\n${verbs.map((item) => contentsEntry(item, file)).join(", ")}`;
  });
  return `<!-- Written by \`npm run reference\` from the docstrings in packages/*/src: change them there. -->

# Reference

Everything that the packages export: what it takes, what it returns, which errors to expect. A page per package; below, the functions,
classes and methods of each. [Guides](../../README.md#guides) show them at work, [Errors](../errors.md) explains the codes.

${rows.join("\n\n")}
`;
}
