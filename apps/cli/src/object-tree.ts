/** A value of a pickle as `inspect` describes it: plain values as they are, others by what they are. */
type Node = null | boolean | number | string | { readonly [key: string]: unknown };

const most = 60;

/** An object tree as indented lines: classes, attributes, arrays; long ones cut. */
export function treeLines(tree: unknown): string[] {
  const lines: string[] = [];
  const add = (label: string, node: Node, depth: number): void => {
    if (lines.length > most) return;
    const [text, children] = describe(node);
    lines.push(`${"  ".repeat(depth)}${label === "" ? "" : `${label}: `}${text}`);
    for (const [name, child] of children) add(name, child, depth + 1);
  };
  add("", tree as Node, 0);
  return lines.length > most ? [...lines.slice(0, most), "… (--json shows all of it)"] : lines;
}

function describe(node: Node): readonly [string, readonly (readonly [string, Node])[]] {
  if (typeof node !== "object" || node === null)
    return [node === null ? "None" : JSON.stringify(node).slice(0, 100), []];
  if (typeof node["array"] === "string")
    return [
      `array ${node["array"].length > 40 ? "of records" : node["array"]} [${(node["shape"] as number[]).join(", ")}]`,
      [],
    ];
  if (typeof node["class"] === "string") {
    const attributes = Object.entries((node["attributes"] ?? {}) as Record<string, Node>);
    return [`${node["class"]}${node["opaque"] === true ? " (unknown)" : ""}`, [...attributes, ...childrenOf(node)]];
  }
  if (typeof node["elided"] === "string") return [`… ${node["elided"]}`, []];
  const children = childrenOf(node);
  const kind = ["list", "tuple", "set"].find((each) => each in node) ?? ("entries" in node ? "dict" : "value");
  // Short ones of plain values fit on their own line.
  if (children.length <= 8 && children.every(([, child]) => typeof child !== "object" || child === null))
    return [
      `${kind} (${children.map(([name, child]) => (kind === "dict" ? `${name}: ` : "") + describe(child)[0]).join(", ")})`,
      [],
    ];
  return [`${kind} of ${children.length}`, children];
}

function childrenOf(node: { readonly [key: string]: unknown }): (readonly [string, Node])[] {
  const items = (node["list"] ?? node["tuple"] ?? node["set"]) as readonly Node[] | undefined;
  const entries = (node["entries"] as readonly (readonly [Node, Node])[] | undefined) ?? [];
  return [
    ...(items ?? []).map((item, index) => [String(index), item] as const),
    ...entries.map(([key, item]) => [describe(key)[0], item] as const),
  ];
}
