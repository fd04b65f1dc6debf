import { readFileSync } from "node:fs";

const folder = new URL("../../../vectors/pickle/", import.meta.url);

export interface GoodVector {
  readonly file: string;
  /** The JSON with its object graph. */
  readonly graph?: string;
  /** Another file that holds the same. */
  readonly same?: string;
  readonly container: string;
  readonly companions?: readonly string[];
}

export interface HostileVector {
  readonly file: string;
  readonly technique: string;
  /** What a reader must do. */
  readonly read: "refuse-global" | "refuse-malformed" | "refuse-limit" | "refuse-semantic" | "safe-either";
  readonly milliseconds: number;
}

export const goodVectors = index("good") as readonly GoodVector[];
export const hostileVectors = index("hostile") as readonly HostileVector[];

export function vectorBytes(path: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(path, folder)));
}

function index(name: string): readonly unknown[] {
  return (JSON.parse(readFileSync(new URL(`${name}/index.json`, folder), "utf8")) as { files: unknown[] }).files;
}
