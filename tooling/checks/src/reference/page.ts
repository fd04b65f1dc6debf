import { relative } from "node:path";
import ts from "@typescript/typescript6";
import { docCommentOf, linkedText } from "./doc-comment.js";
import { compareNames, symbolOf } from "./exports.js";
import { linkedType, linkList, namesIn } from "./linked-type.js";
import { isSchemaType, memberTable, schemaTable, type Words } from "./member-table.js";
import { functionOf, hasText, type Item, type Method, type PagePlan } from "./plan.js";
import { shownType, signatureText, typeNodesOf, typeText } from "./signature-text.js";

export interface PageContext extends Words {
  readonly base: string;
  /** Types that have a name of their own. */
  readonly known: ReadonlyMap<ts.Type, ts.Symbol>;
}

/** The page of one package. */
export function referencePage(plan: PagePlan, context: PageContext): string {
  const { manifest, directory } = plan.package;
  const contents = plan.sections.map(({ title, items }) => contentsOf(title, items));
  const elsewhere = new Map(
    plan.elsewhere
      .map(({ name, symbol }) => [name, context.of(symbol) ?? ""] as const)
      .sort(([left], [right]) => compareNames(left, right)),
  );
  return [
    `<!-- Written by \`npm run reference\` from the docstrings in ${directory}/src: change them there. -->`,
    `# ${manifest.name}`,
    `${manifest.description ?? ""} [How it is used](../../${directory}/README.md), [all packages](README.md).`,
    block("sh", `npm install ${manifest.name}`),
    [...contents, ...(elsewhere.size === 0 ? [] : [`- **Also exported**: ${linkList(elsewhere)}`])].join("\n"),
    ...plan.sections.flatMap(({ title, items }) => [
      `## ${title}`,
      ...items.flatMap((item) => itemParts(item, context)),
    ]),
  ]
    .filter((part) => part !== "")
    .join("\n\n")
    .concat("\n");
}

/** Classes with methods have a line each. */
function contentsOf(title: string, items: readonly Item[]): string {
  const [long, short] = [
    items.filter(({ methods }) => methods.length > 0),
    items.filter(({ methods }) => methods.length === 0),
  ];
  const line = `- **${title}**${short.length === 0 ? "" : ": "}${short.map((item) => contentsEntry(item)).join(", ")}`;
  return [line, ...long.map((item) => `  - ${contentsEntry(item)}`)].join("\n");
}

export function contentsEntry({ name, anchor, methods }: Item, page = ""): string {
  const own = `[\`${name}\`](${page}#${anchor})`;
  if (methods.length === 0) return own;
  const listed = methods.map((method) => `[\`${method.name.slice(name.length + 1)}\`](${page}#${method.anchor})`);
  return `${own} (${listed.join(", ")})`;
}

function itemParts(item: Item, context: PageContext): readonly string[] {
  const [code, ...rest] = bodyOf(item, context);
  const [first] = item.declarations;
  const file = relative(context.base, first!.getSourceFile().fileName).replaceAll("\\", "/");
  const source = `[source](../../${file})`;
  const names = item.kind === "function" ? namesIn(signaturesOf(item).flatMap(typeNodesOf), context) : new Map();
  return [
    `### ${item.name}`,
    block("ts", code ?? ""),
    ...docParts(item.declarations, context),
    ...rest,
    names.size === 0 ? source : `${linkList(names)} · ${source}`,
  ];
}

/** The code that shows an export, and what else is said of it. */
function bodyOf(item: Item, context: PageContext): readonly string[] {
  if (item.kind === "function") {
    return [
      signaturesOf(item)
        .map((node) => `function ${signatureText(context.checker, item.name, node)}`)
        .join("\n"),
    ];
  }
  const declaration = item.declarations.find(ts.isClassDeclaration);
  if (declaration !== undefined) return classBody(item, declaration, context);
  return item.kind === "constant" ? [constantText(item, context)] : typeBody(item, context);
}

function signaturesOf({ declarations }: Item): readonly ts.SignatureDeclaration[] {
  const all = declarations.flatMap(
    (node): readonly (ts.FunctionDeclaration | ts.ArrowFunction | ts.FunctionExpression)[] =>
      ts.isFunctionDeclaration(node) ? [node] : [functionOf(node)].filter((found) => found !== undefined),
  );
  const overloads = all.filter((node) => node.body === undefined);
  return overloads.length > 0 ? overloads : all;
}

function classBody(item: Item, node: ts.ClassDeclaration, context: PageContext): readonly string[] {
  const { checker } = context;
  const made = node.members.filter(ts.isConstructorDeclaration).filter((member) => canBeCalled(member, context));
  const others = item.members.filter((member) => ts.isMethodDeclaration(member)).filter((member) => !hasText(member));
  const signatures = others.map((member) => signatureText(checker, methodName(member), member));
  const head = headOf("class", item, node);
  const constructors = made.map((member) => signatureText(checker, "constructor", member).replaceAll("\n", "\n  "));
  return [
    made.length === 0 ? head : `${head} {\n${constructors.map((line) => `  ${line};\n`).join("")}}`,
    memberTable(item.members, context),
    signatures.length === 0 ? "" : block("ts", signatures.join("\n")),
    parentsLine(item, context),
    ...item.methods.flatMap((method) => methodParts(method, context)),
  ];
}

/** `interface Page<T> extends Options`; parents that are not exported are left out. */
function headOf(word: string, item: Item, node: ts.ClassDeclaration | ts.InterfaceDeclaration): string {
  const generics = node.typeParameters?.map((parameter) => parameter.getText()).join(", ");
  const parents = item.parents.map((parent) => parent.getText()).join(", ");
  return `${word} ${item.name}${generics === undefined ? "" : `<${generics}>`}${parents === "" ? "" : ` extends ${parents}`}`;
}

function parentsLine({ parents }: Item, context: PageContext): string {
  const names = namesIn(parents, context);
  return names.size === 0
    ? ""
    : `And what ${parents.map((parent) => linkedType(parent.getText(), names)).join(", ")} has.`;
}

function methodParts({ name, declaration }: Method, context: PageContext): readonly string[] {
  const names = namesIn(typeNodesOf(declaration), context);
  names.delete(name.split(".")[0]!);
  return [
    `#### ${name}`,
    block("ts", signatureText(context.checker, methodName(declaration), declaration)),
    ...docParts([declaration], context),
    linkList(names),
  ];
}

function methodName(node: ts.MethodDeclaration): string {
  const isStatic = (ts.getCombinedModifierFlags(node) & ts.ModifierFlags.Static) !== 0;
  return `${isStatic ? "static " : ""}${node.name.getText()}${node.questionToken === undefined ? "" : "?"}`;
}

/** A constructor that takes what the package does not export is its own affair. */
function canBeCalled(node: ts.ConstructorDeclaration, { checker, of, base }: PageContext): boolean {
  if ((ts.getCombinedModifierFlags(node) & ts.ModifierFlags.Private) !== 0) return false;
  const hidden = (type: ts.Node): boolean => {
    if (ts.isTypeReferenceNode(type)) {
      const target = symbolOf(checker, type.typeName);
      const ours = target?.declarations?.some((found) => found.getSourceFile().fileName.startsWith(base)) ?? false;
      const generic = ((target?.flags ?? 0) & ts.SymbolFlags.TypeParameter) !== 0;
      if (target !== undefined && ours && !generic && of(target) === undefined) return true;
    }
    return ts.forEachChild(type, (child) => hidden(child) || undefined) ?? false;
  };
  return !typeNodesOf(node).some(hidden);
}

function constantText({ name, declarations }: Item, { checker }: PageContext): string {
  const node = declarations.find(ts.isVariableDeclaration)!;
  if (node.type !== undefined) return `const ${name}: ${typeText(node.type)}`;
  const value = node.initializer?.getText() ?? "";
  if (/^["\w\s.*/+-]{1,80}$/.test(value)) return `const ${name} = ${value}`;
  const type = shownType(checker, checker.getTypeAtLocation(node));
  return `const ${name}: ${type.length > 100 ? type.replace(/<.*/s, "<…>") : type}`;
}

function typeBody(item: Item, context: PageContext): readonly string[] {
  const { name, declarations } = item;
  const declared = declarations.find(ts.isInterfaceDeclaration);
  if (declared !== undefined) {
    return [headOf("interface", item, declared), memberTable(item.members, context), parentsLine(item, context)];
  }
  const alias = declarations.find(ts.isTypeAliasDeclaration);
  if (alias === undefined) return [`type ${name}`];
  const generics = alias.typeParameters?.map((parameter) => parameter.getText()).join(", ");
  const head = `type ${name}${generics === undefined ? "" : `<${generics}>`}`;
  if (ts.isTypeLiteralNode(alias.type)) return [head, memberTable([...alias.type.members], context)];
  const type = context.checker.getTypeAtLocation(alias);
  if (isSchemaType(context.checker, type)) return [head, schemaTable(type, context.known, context)];
  const text = alias.type.getFullText().trim();
  const names = new Map([...namesIn([alias.type], context)].filter(([other]) => other !== name));
  return [`${head} =${/^[|/]/.test(text) ? "\n  " : " "}${text}`, linkList(names)];
}

function docParts(declarations: readonly ts.Node[], { lookUp }: PageContext): readonly string[] {
  const { text, parameters, returns, throws } = docCommentOf(declarations);
  const shown = (words: string) => linkedText(words, lookUp);
  return [
    shown(text),
    parameters.map(([name, meaning]) => `- \`${name}\`: ${shown(meaning)}`).join("\n"),
    returns === undefined ? "" : `Returns ${shown(returns)}`,
    throws.length === 0 ? "" : ["Errors:", ...throws.map((error) => `- ${shown(error)}`)].join("\n"),
  ];
}

function block(language: string, code: string): string {
  return `\`\`\`${language}\n${code}\n\`\`\``;
}
