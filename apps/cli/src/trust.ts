import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

/** Configuration files that the user read and trusted, by path, with the digest of what they said then. */
type Trusted = Readonly<Record<string, string>>;

function trustFile(): string {
  const { homedir } = process.getBuiltinModule("node:os");
  const home =
    process.env["XDG_CONFIG_HOME"] ||
    (process.platform === "win32" ? process.env["APPDATA"] : undefined) ||
    join(homedir(), ".config");
  return join(home, "modelkeep", "trusted.json");
}

/** True when this very text was trusted at this very path: a change asks again. */
export function isTrusted(path: string, text: string): boolean {
  return Object.hasOwn(read(), resolve(path)) && read()[resolve(path)] === digest(text);
}

export function trust(path: string, text: string): void {
  write({ ...read(), [resolve(path)]: digest(text) });
}

/** False when it was not trusted before. */
export function distrust(path: string): boolean {
  const { [resolve(path)]: known, ...rest } = read();
  if (known !== undefined) write(rest);
  return known !== undefined;
}

function read(): Trusted {
  let text: string;
  try {
    text = readFileSync(trustFile(), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw error;
  }
  return JSON.parse(text) as Trusted;
}

function write(trusted: Trusted): void {
  const path = trustFile();
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, `${JSON.stringify(trusted, null, 2)}\n`, { mode: 0o600 });
  renameSync(temporary, path);
}

function digest(text: string): string {
  // Most runs meet no configuration: what is needed for it is loaded then.
  const { createHash } = process.getBuiltinModule("node:crypto");
  return `sha256:${createHash("sha256").update(text).digest("hex")}`;
}
