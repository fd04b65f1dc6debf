import ts from "@typescript/typescript6";

const printer = ts.createPrinter({ removeComments: true });

/** A type as it is written, on one line, without what only makes it strict: `readonly` fields, `| undefined` of optional ones. */
export function typeText(node: ts.TypeNode): string {
  return printer
    .printNode(ts.EmitHint.Unspecified, node, node.getSourceFile())
    .replaceAll(/\s+/g, " ")
    .replaceAll(/\breadonly (?=[\w$]+\??:|\[)/g, "")
    .replaceAll(/(\?: (?:[\w$.]+|"\w+")(?:\[\])?) \| undefined/g, "$1")
    .replaceAll(/; \}/g, " }")
    .replaceAll(/^\| /g, "");
}

/** `save(name: string, input: SaveInput): Promise<Saved>`, over several lines where it is long. */
export function signatureText(checker: ts.TypeChecker, name: string, node: ts.SignatureDeclaration): string {
  const generics = node.typeParameters?.map((parameter) => parameter.getText()).join(", ");
  const head = `${name}${generics === undefined ? "" : `<${generics}>`}`;
  const parameters = node.parameters.map((parameter) => parameterText(checker, parameter));
  const end = ts.isConstructorDeclaration(node) ? "" : `: ${returnText(checker, node)}`;
  const line = `${head}(${parameters.join(", ")})${end}`;
  if (line.length <= 100) return line;
  return `${head}(\n${parameters.map((parameter) => `  ${parameter},\n`).join("")})${end}`;
}

/** The same as the type of a member: `(name: string, input: SaveInput) => Promise<Saved>`. */
export function methodType(checker: ts.TypeChecker, node: ts.SignatureDeclaration): string {
  const parameters = node.parameters.map((parameter) => parameterText(checker, parameter)).join(", ");
  return `(${parameters}) => ${returnText(checker, node)}`;
}

/** The types that stand in a signature, for links to them. */
export function typeNodesOf(node: ts.SignatureDeclaration): readonly ts.TypeNode[] {
  return [...node.parameters.flatMap(({ type }) => type ?? []), ...(node.type === undefined ? [] : [node.type])];
}

function returnText(checker: ts.TypeChecker, node: ts.SignatureDeclaration): string {
  if (node.type !== undefined) return typeText(node.type);
  const signature = checker.getSignatureFromDeclaration(node);
  return signature === undefined ? "void" : shownType(checker, checker.getReturnTypeOfSignature(signature));
}

function parameterText(checker: ts.TypeChecker, node: ts.ParameterDeclaration): string {
  const type = node.type === undefined ? shownType(checker, checker.getTypeAtLocation(node)) : typeText(node.type);
  const name = ts.isIdentifier(node.name) ? node.name.text : patternName(type);
  const optional = node.questionToken !== undefined || node.initializer !== undefined;
  return `${node.dotDotDotToken === undefined ? "" : "..."}${name}${optional ? "?" : ""}: ${type}`;
}

/** A parameter that is taken apart has no name: it gets that of its type. */
function patternName(type: string): string {
  if (!/^[A-Z]\w*/.test(type) || /Options\b/.test(type)) return "options";
  return type.replace(/^[A-Z]/, (letter) => letter.toLowerCase()).replace(/\W.*$/, "");
}

/** An inferred type on one line; the compiler cuts a long one. */
export function shownType(checker: ts.TypeChecker, type: ts.Type): string {
  return checker.typeToString(type).replaceAll(/\breadonly (?=[\w$]+\??:|\[)/g, "");
}
