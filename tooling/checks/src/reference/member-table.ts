import ts from "@typescript/typescript6";
import { docCommentOf, linkedText, type LookUp } from "./doc-comment.js";
import { linkedType, type Links, namesIn } from "./linked-type.js";
import { methodType, shownType, typeNodesOf, typeText } from "./signature-text.js";

/** What a table needs to lead to other places. */
export interface Words extends Links {
  readonly lookUp: LookUp;
}

/** A table of members: what they are called, of what type they are, what they mean. */
export function memberTable(members: readonly ts.Node[], words: Words): string {
  const names = new Set(members.map((member) => (member as { readonly name?: ts.Node }).name?.getText()));
  const lookUp: LookUp = (word) => (names.has(word) ? undefined : words.lookUp(word));
  return table(members.flatMap((member) => memberRow(member, { ...words, lookUp })));
}

function memberRow(member: ts.Node, words: Words): readonly (readonly string[])[] {
  const { checker } = words;
  const row = (name: string, type: string, typeNodes: readonly ts.Node[]) => {
    const doc = docCommentOf([member]);
    const text = [doc.text, ...doc.throws.map((error) => `Error: ${error}`)].join(" ").trim();
    return [[`\`${name}\``, linkedType(type, namesIn(typeNodes, words)), oneLine(linkedText(text, words.lookUp))]];
  };
  if (ts.isPropertySignature(member) || ts.isPropertyDeclaration(member)) {
    const name = `${member.name.getText()}${member.questionToken === undefined ? "" : "?"}`;
    const type =
      member.type === undefined ? shownType(checker, checker.getTypeAtLocation(member)) : typeText(member.type);
    return row(name, name.endsWith("?") ? withoutUndefined(type) : type, member.type ? [member.type] : []);
  }
  if (ts.isMethodSignature(member)) {
    const name = `${member.name.getText()}()${member.questionToken === undefined ? "" : "?"}`;
    return row(name, methodType(checker, member), typeNodesOf(member));
  }
  if (ts.isGetAccessorDeclaration(member)) {
    const type =
      member.type === undefined ? shownType(checker, checker.getTypeAtLocation(member)) : typeText(member.type);
    return row(member.name.getText(), type, member.type ? [member.type] : []);
  }
  if (ts.isCallSignatureDeclaration(member)) return row("()", methodType(checker, member), typeNodesOf(member));
  if (ts.isIndexSignatureDeclaration(member)) {
    const [key] = member.parameters;
    return row(`[${key?.getText() ?? ""}]`, typeText(member.type), [member.type]);
  }
  return [];
}

function withoutUndefined(type: string): string {
  return type.replace(/ \| undefined$/, "").replace(/^\((\(.*\) => .*)\)$/, "$1");
}

/** The fields of a type that a zod schema describes, those of nested objects as `source.git.commit`. */
export function schemaTable(type: ts.Type, known: ReadonlyMap<ts.Type, ts.Symbol>, words: Words): string {
  return table(schemaRows(type, known, words, ""));
}

function schemaRows(
  type: ts.Type,
  known: ReadonlyMap<ts.Type, ts.Symbol>,
  words: Words,
  path: string,
): readonly (readonly string[])[] {
  const { checker } = words;
  return checker.getPropertiesOfType(type).flatMap((property) => {
    const optional = (property.flags & ts.SymbolFlags.Optional) !== 0;
    const whole = checker.getNonNullableType(checker.getTypeOfSymbol(property));
    const element = checker.isArrayType(whole) ? checker.getIndexTypeOfType(whole, ts.IndexKind.Number) : undefined;
    const inner = element ?? whole;
    const brackets = element === undefined ? "" : "[]";
    const name = `${path}${property.name}`;
    const meaning = ts.displayPartsToString(property.getDocumentationComment(checker));
    const symbol = known.get(inner) ?? sameUnion(inner);
    const place = symbol && words.of(symbol);
    const nested = symbol === undefined && isSchemaType(checker, inner);
    const shown = nested ? `object${brackets}` : shownType(checker, whole);
    const text =
      place === undefined
        ? linkedType(shown, new Map())
        : linkedType(`${symbol?.name}${brackets}`, new Map([[symbol!.name, place]]));
    const row = [`\`${name}${optional ? "?" : ""}\``, text, oneLine(linkedText(meaning, words.lookUp))];
    return [row, ...(nested ? schemaRows(inner, known, words, `${name}${brackets}.`) : [])];
  });

  /** A union of texts may be spelt anew by a schema. */
  function sameUnion(inner: ts.Type): ts.Symbol | undefined {
    if (!inner.isUnion() || inner.types.length < 3) return undefined;
    const equal = (other: ts.Type) =>
      checker.isTypeAssignableTo(inner, other) && checker.isTypeAssignableTo(other, inner);
    return [...known].find(([type]) => type.isUnion() && equal(type))?.[1];
  }
}

/** True for what `z.infer` makes of an object schema: its properties are those of an object literal. */
export function isSchemaType(checker: ts.TypeChecker, type: ts.Type): boolean {
  const properties = type.flags & ts.TypeFlags.Object ? checker.getPropertiesOfType(type) : [];
  return (
    properties.length > 0 &&
    properties.every(({ declarations }) => {
      const [first] = declarations ?? [];
      return first !== undefined && (ts.isPropertyAssignment(first) || ts.isShorthandPropertyAssignment(first));
    })
  );
}

function table(rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return "";
  return ["| member | type | meaning |", "|---|---|---|", ...rows.map((row) => `| ${row.join(" | ")} |`)].join("\n");
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").replaceAll(/(?<!\\)\|/g, "\\|");
}
