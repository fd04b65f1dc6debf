import { execFile } from "node:child_process";
import { devNull } from "node:os";

/** What git says of a folder. */
export interface GitFacts {
  readonly commit: string;
  /** Whether files under version control differ from the commit. Absent when git could not say. */
  readonly dirty?: boolean;
  /** Absent when no branch is checked out. */
  readonly branch?: string;
  /** Where it is fetched from, without user name and password. */
  readonly remote?: string;
}

/**
 * Git runs here in folders of strangers. Their configuration can name programs (hooks, file-system monitors, filters,
 * credential helpers): each of these is switched off, and nothing is written.
 */
const safe: readonly (readonly [string, string])[] = [
  ["core.fsmonitor", "false"],
  ["core.hooksPath", devNull],
  ["core.untrackedCache", "false"],
  ["credential.helper", ""],
  ["protocol.allow", "never"],
  ["submodule.recurse", "false"],
];

/** The commit that a folder is at; `undefined` when it is not in a repository, or git is not installed. */
export async function gitFacts(folder: string): Promise<GitFacts | undefined> {
  const commit = await git(folder, ["rev-parse", "--verify", "--quiet", "HEAD"]);
  if (commit === undefined || !/^[0-9a-f]{40,64}$/u.test(commit)) return undefined;
  const off = await filtersOff(folder);
  const [status, branch, remote] = await Promise.all([
    git(folder, ["status", "--porcelain", "--untracked-files=no", "--ignore-submodules=all"], off),
    git(folder, ["symbolic-ref", "--quiet", "--short", "HEAD"]),
    git(folder, ["config", "--get", "remote.origin.url"]),
  ]);
  return {
    commit,
    ...(status !== undefined && { dirty: status !== "" }),
    ...(branch && { branch }),
    ...(remote && { remote: withoutSecrets(remote) }),
  };
}

/** Comparing a file with the index runs its filter: those that the repository itself brings are replaced by none. */
async function filtersOff(folder: string): Promise<(readonly [string, string])[]> {
  const listed = await git(folder, [
    "config",
    "-z",
    "--show-scope",
    "--get-regexp",
    "^filter\\..*\\.(clean|process|required)$",
  ]);
  const fields = (listed ?? "").split("\0");
  const off: [string, string][] = [];
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const key = fields[at + 1]!.split("\n", 1)[0]!;
    if (fields[at] === "local" || fields[at] === "worktree") off.push([key, key.endsWith("required") ? "false" : ""]);
  }
  return off;
}

/** Who git takes the user for, from the user's own settings and the repository's. */
export async function gitAuthor(folder: string): Promise<{ name: string; email?: string } | undefined> {
  const [name, email] = await Promise.all([
    git(folder, ["config", "--get", "user.name"]),
    git(folder, ["config", "--get", "user.email"]),
  ]);
  if (!name) return undefined;
  return { name, ...(email && { email }) };
}

/** What git prints, or `undefined` when it fails. */
function git(
  folder: string,
  command: readonly string[],
  settings: readonly (readonly [string, string])[] = [],
): Promise<string | undefined> {
  const inherited = Object.entries(process.env).filter(
    ([key]) => !key.startsWith("GIT_") || key === "GIT_CEILING_DIRECTORIES",
  );
  const all = [...safe, ...settings];
  const env = {
    ...Object.fromEntries(inherited),
    GIT_OPTIONAL_LOCKS: "0",
    GIT_TERMINAL_PROMPT: "0",
    GIT_PAGER: "cat",
    LC_ALL: "C",
    GIT_CONFIG_COUNT: String(all.length),
    ...Object.fromEntries(
      all.flatMap(([key, value], index) => [
        [`GIT_CONFIG_KEY_${index}`, key],
        [`GIT_CONFIG_VALUE_${index}`, value],
      ]),
    ),
  };
  return new Promise((resolve) => {
    const options = { cwd: folder, env, timeout: 10_000, maxBuffer: 1 << 22, windowsHide: true };
    execFile("git", ["--no-pager", ...command], options, (error, stdout) => {
      resolve(error === null ? stdout.replace(/\n$/u, "") : undefined);
    });
  });
}

function withoutSecrets(remote: string): string {
  return remote.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/@]*@/iu, "$1");
}
