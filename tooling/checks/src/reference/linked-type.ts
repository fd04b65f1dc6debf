import ts from "@typescript/typescript6";
import { symbolOf } from "./exports.js";

/** Where a symbol or a type has its place, seen from one page. */
export interface Links {
  readonly checker: ts.TypeChecker;
  readonly of: (symbol: ts.Symbol) => string | undefined;
}

/** The names of ours that stand in these nodes, with where they lead. */
export function namesIn(nodes: readonly ts.Node[], { checker, of }: Links): Map<string, string> {
  const found = new Map<string, string>();
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) {
      const symbol = symbolOf(checker, node);
      const place = symbol && of(symbol);
      if (place !== undefined) found.set(node.text, place);
    }
    ts.forEachChild(node, visit);
  };
  nodes.forEach(visit);
  return found;
}

/** A type for a table, where it says more without `readonly`: its names lead to where they are explained. */
export function linkedType(text: string, names: ReadonlyMap<string, string>): string {
  let line = "";
  let code = "";
  const flush = () => {
    if (code !== "") line += inCode(code);
    code = "";
  };
  for (const [part] of text.replaceAll(/\breadonly /g, "").matchAll(/"[^"]*"|[A-Za-z_$][\w$]*\??:?|[^"A-Za-z_$]+|"/g)) {
    const place = names.get(part);
    if (place === undefined) {
      code += part;
    } else {
      flush();
      line += `[\`${part}\`](${place})`;
    }
  }
  flush();
  return line.replaceAll("|", "\\|");
}

/** Code without spaces at its ends, which a renderer would take away. */
function inCode(text: string): string {
  const [, before = "", code = "", after = ""] = /^(\s*)(.*?)(\s*)$/s.exec(text) ?? [];
  if (code === "") return before;
  const fence = code.includes("`") ? "``" : "`";
  return `${before}${fence}${fence === "``" ? ` ${code} ` : code}${fence}${after}`;
}

/** "[`Saved`](#saved), [`SaveInput`](#saveinput)". */
export function linkList(names: ReadonlyMap<string, string>): string {
  return [...names].map(([name, place]) => `[\`${name}\`](${place})`).join(", ");
}
