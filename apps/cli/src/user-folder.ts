import { readFileSync, renameSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Where this user's own settings lie: `$XDG_CONFIG_HOME/modelkeep`, else `~/.config/modelkeep` (on Windows in `%APPDATA%`). */
export function userFolder(): string {
  const { homedir } = process.getBuiltinModule("node:os");
  const home =
    process.env["XDG_CONFIG_HOME"] ||
    (process.platform === "win32" ? process.env["APPDATA"] : undefined) ||
    join(homedir(), ".config");
  return join(home, "modelkeep");
}

/** Texts by name, in a file of the user's own; empty when there is none yet. */
export function readTexts(name: string): Readonly<Record<string, string>> {
  let text: string;
  try {
    text = readFileSync(join(userFolder(), name), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw error;
  }
  return JSON.parse(text) as Record<string, string>;
}

export function writeTexts(name: string, texts: Readonly<Record<string, string>>): void {
  const path = join(userFolder(), name);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, `${JSON.stringify(texts, null, 2)}\n`, { mode: 0o600 });
  renameSync(temporary, path);
}
