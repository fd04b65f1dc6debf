import { compareCodePoints, ModelkeepError, type Tensor } from "@modelkeep/core";

/** A group to be written: what is in it by name, in the order of its names. */
export interface Group {
  readonly members: ReadonlyMap<string, Group | Leaf>;
}

export interface Leaf {
  readonly path: string;
  readonly tensor: Tensor;
}

export function isGroup(node: Group | Leaf): node is Group {
  return "members" in node;
}

/** Sorts tensors into groups at the slashes of their names. Throws `invalid_input` for names that no path can be. */
export function nameTree(tensors: ReadonlyMap<string, Tensor>): Group {
  const root = new Map<string, Group | Leaf>();
  for (const [path, tensor] of [...tensors].toSorted(([a], [b]) => compareCodePoints(a, b))) {
    const names = path.split("/");
    if (names.some((name) => name === "" || name === "." || name === ".." || name.includes("\0")))
      throw new ModelkeepError("invalid_input", `A tensor of an HDF5 file cannot be called ${JSON.stringify(path)}`);
    let members = root;
    for (const name of names.slice(0, -1)) {
      const found = members.get(name) ?? { members: new Map() };
      if (!isGroup(found)) throw taken(path);
      members.set(name, found);
      members = found.members as Map<string, Group | Leaf>;
    }
    const last = names.at(-1)!;
    if (members.has(last)) throw taken(path);
    members.set(last, { path, tensor });
  }
  return sorted(root);
}

/** Names are looked for by halves: their order is that of their bytes. */
function sorted(members: ReadonlyMap<string, Group | Leaf>): Group {
  const entries = [...members].toSorted(([a], [b]) => compareCodePoints(a, b));
  return { members: new Map(entries.map(([name, node]) => [name, isGroup(node) ? sorted(node.members) : node])) };
}

function taken(path: string): ModelkeepError {
  return new ModelkeepError(
    "invalid_input",
    `The tensor ${JSON.stringify(path)} lies within another one, or beside one of its name`,
  );
}
