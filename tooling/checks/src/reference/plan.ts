import { basename, join } from "node:path";
import ts from "@typescript/typescript6";
import type { WorkspacePackage } from "../workspace.js";
import { type EntryPoint, type Export, type Exports, symbolOf } from "./exports.js";

/** What stands on the page of a package, in order, and where. */
export interface PagePlan {
  readonly package: WorkspacePackage;
  /** "registry.md". */
  readonly file: string;
  readonly sections: readonly Section[];
  /** Exports that have their place elsewhere. */
  readonly elsewhere: readonly Export[];
}

export interface Section {
  readonly title: string;
  readonly anchor: string;
  readonly items: readonly Item[];
}

export interface Item extends Export {
  readonly kind: Kind;
  readonly anchor: string;
  /** Of a class or an interface: what is public, with what it has from parents that are not exported. */
  readonly members: readonly (ts.ClassElement | ts.TypeElement)[];
  /** Parents that are exported, or made of what is: `Partial<Other>`. */
  readonly parents: readonly ts.ExpressionWithTypeArguments[];
  /** Those methods of a class that have words of their own. */
  readonly methods: readonly Method[];
}

export interface Method {
  /** "Registry.save". */
  readonly name: string;
  readonly anchor: string;
  readonly declaration: ts.MethodDeclaration;
}

export type Kind = "function" | "class" | "type" | "constant";

const titles: Readonly<Record<Kind, string>> = {
  function: "Functions",
  class: "Classes",
  type: "Types",
  constant: "Constants",
};

/** A plan for each package, and where each symbol is found: "core.md#store". */
export function planPages(
  { checker, entryPoints }: Exports,
  base: string,
): { readonly plans: readonly PagePlan[]; readonly places: ReadonlyMap<ts.Symbol, string> } {
  const places = new Map<ts.Symbol, string>();
  const exported = new Set(entryPoints.flatMap((entry) => entry.exports.map(({ symbol }) => symbol)));
  const packages = [...new Set(entryPoints.map((entry) => entry.package))];
  const plans = packages.map((item): PagePlan => {
    const file = `${basename(item.directory)}.md`;
    const slug = slugger();
    slug(item.manifest.name);
    const elsewhere: Export[] = [];
    const sections = entryPoints
      .filter((entry) => entry.package === item)
      .flatMap((entry) => {
        const own = entry.exports.filter(
          (found) => !places.has(found.symbol) && declaredIn(found, join(base, item.directory)),
        );
        elsewhere.push(...entry.exports.filter((found) => !own.includes(found)));
        const planned = sectionsOf(entry, own, (found) => itemOf(found, slug), slug);
        for (const { symbol, anchor } of planned.flatMap(({ items }) => items)) places.set(symbol, `${file}#${anchor}`);
        return planned;
      });
    return { package: item, file, sections, elsewhere };
  });
  return { plans, places };

  function itemOf(found: Export, slug: Slug): Item {
    const anchor = slug(found.name);
    const { members, parents } = membersOf(found.declarations);
    const methods = members
      .filter((member) => ts.isMethodDeclaration(member))
      .filter(hasText)
      .map((declaration) => ({ name: `${found.name}.${declaration.name.getText()}`, declaration }))
      .map((method) => ({ ...method, anchor: slug(method.name) }));
    return { ...found, kind: kindOf(found), anchor, members, parents, methods };
  }

  function membersOf(declarations: readonly ts.Declaration[]): Pick<Item, "members" | "parents"> {
    const nodes = declarations.filter((node) => ts.isClassDeclaration(node) || ts.isInterfaceDeclaration(node));
    const heritage = nodes.flatMap(({ heritageClauses = [] }) =>
      heritageClauses.filter(({ token }) => token === ts.SyntaxKind.ExtendsKeyword).flatMap(({ types }) => [...types]),
    );
    const hidden = heritage.filter(isHidden).map((parent) => membersOf(declarationsOf(parent)));
    return {
      members: [
        ...hidden.flatMap(({ members }) => members),
        ...nodes.flatMap(({ members }) => [...members]).filter(isPublic),
      ],
      parents: [...hidden.flatMap(({ parents }) => parents), ...heritage.filter((parent) => !isHidden(parent))],
    };
  }

  /** A parent of our own that is not exported: nobody could look it up. */
  function isHidden(parent: ts.ExpressionWithTypeArguments): boolean {
    const symbol = symbolOf(checker, parent.expression);
    return symbol !== undefined && !exported.has(symbol) && declarationsOf(parent).length > 0;
  }

  function declarationsOf(parent: ts.ExpressionWithTypeArguments): readonly ts.Declaration[] {
    const declarations = symbolOf(checker, parent.expression)?.declarations ?? [];
    return declarations.filter((node) => /\/(packages|apps)\/[^/]+\/src\//.test(node.getSourceFile().fileName));
  }
}

type Slug = (heading: string) => string;

function sectionsOf(
  entry: EntryPoint,
  exports: readonly Export[],
  plan: (found: Export) => Item,
  slug: Slug,
): readonly Section[] {
  return (["function", "class", "type", "constant"] as const).flatMap((kind) => {
    const ofKind = exports.filter((found) => kindOf(found) === kind);
    if (ofKind.length === 0) return [];
    const title = entry.name === entry.package.manifest.name ? titles[kind] : `${titles[kind]} of ${entry.name}`;
    const anchor = slug(title);
    return [{ title, anchor, items: ofKind.map(plan) }];
  });
}

/** Methods with words of their own get a heading; the others stand together. */
export function hasText(node: ts.Node): boolean {
  return ts.getJSDocCommentsAndTags(node).some(ts.isJSDoc);
}

/** Names in brackets mark a class for other copies of the package; like what is private, they are nobody's to use. */
function isPublic(member: ts.ClassElement | ts.TypeElement): boolean {
  const { name } = member;
  if (name !== undefined && (ts.isPrivateIdentifier(name) || /^\[(?!Symbol\.)/.test(name.getText()))) return false;
  return (ts.getCombinedModifierFlags(member) & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected)) === 0;
}

export function kindOf({ declarations }: Export): Kind {
  if (declarations.some((node) => ts.isFunctionDeclaration(node) || functionOf(node) !== undefined)) return "function";
  if (declarations.some(ts.isClassDeclaration)) return "class";
  return declarations.some(ts.isVariableDeclaration) ? "constant" : "type";
}

/** The function that a constant holds. */
export function functionOf(node: ts.Node): ts.ArrowFunction | ts.FunctionExpression | undefined {
  if (!ts.isVariableDeclaration(node) || node.type !== undefined || node.initializer === undefined) return undefined;
  return ts.isArrowFunction(node.initializer) || ts.isFunctionExpression(node.initializer)
    ? node.initializer
    : undefined;
}

function declaredIn({ declarations }: Export, directory: string): boolean {
  return declarations.some((node) => node.getSourceFile().fileName.startsWith(`${directory.replaceAll("\\", "/")}/`));
}

/** Anchors as GitHub gives them to headings: lower case, without marks, numbered where they repeat. */
function slugger(): Slug {
  const seen = new Map<string, number>();
  return (heading) => {
    const slug = heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_\- ]/gu, "")
      .replaceAll(" ", "-");
    const count = seen.get(slug) ?? 0;
    seen.set(slug, count + 1);
    return count === 0 ? slug : `${slug}-${count}`;
  };
}
