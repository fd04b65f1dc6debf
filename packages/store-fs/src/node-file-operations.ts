import * as fs from "node:fs";
import { promisify } from "node:util";
import { errorCode, type FileFacts, type FileOperations, type FolderEntry, small } from "./file-operations.js";
import { syncLater, syncLittle } from "./sync-little.js";

const { O_CREAT, O_EXCL, O_RDONLY, O_WRONLY } = fs.constants;
// Windows has neither.
const O_NOFOLLOW = fs.constants.O_NOFOLLOW ?? 0;
const O_NONBLOCK = fs.constants.O_NONBLOCK ?? 0;

/** The most for one call: Node ends the process at 2 GiB. */
const most = 1 << 30;

const read = promisify(fs.read);
const write = promisify(fs.write);
const syncData = promisify(fs.fdatasync);

/**
 * The file system. What takes microseconds is called directly, what waits for the disk goes through the thread pool:
 * a small put then takes little more than its calls do by themselves.
 */
export const nodeFileOperations: FileOperations = {
  open: (path) => fs.openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK),
  create: (path) => fs.openSync(path, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW, 0o666),
  read(file, target, position) {
    if (target.length <= small) return fs.readSync(file, target, 0, target.length, position);
    return read(file, target, 0, Math.min(target.length, most), position).then(({ bytesRead }) => bytesRead);
  },
  write(file, bytes, position) {
    if (bytes.length <= small) return fs.writeSync(file, bytes, 0, bytes.length, position);
    return write(file, bytes, 0, Math.min(bytes.length, most), position).then(({ bytesWritten }) => bytesWritten);
  },
  sync: (file, bytes) => (bytes > small ? syncLater(file) : syncLittle(file)),
  syncData,
  facts: (file) => factsOf(fs.fstatSync(file, { bigint: true })),
  close: (file) => fs.closeSync(file),
  look(path) {
    const stats = fs.lstatSync(path, { bigint: true, throwIfNoEntry: false });
    return stats && factsOf(stats);
  },
  link: (from, to) => fs.linkSync(from, to),
  rename: (from, to) => fs.renameSync(from, to),
  remove: (path) => fs.unlinkSync(path),
  makeFolder: (path) => fs.mkdirSync(path),
  removeFolder: (path) => fs.rmdirSync(path),
  async syncFolder(path) {
    // Windows opens no folders, and brings their names to the disk by itself.
    if (process.platform === "win32") return factsOf(fs.lstatSync(path, { bigint: true }));
    const folder = fs.openSync(path, O_RDONLY | O_NOFOLLOW);
    try {
      await syncLittle(folder).catch(unlessImpossible);
      return factsOf(fs.fstatSync(folder, { bigint: true }));
    } finally {
      fs.closeSync(folder);
    }
  },
  readFolder: (path) => fs.readdirSync(path, { withFileTypes: true }).map(entryOf),
};

/** Some network and user-space file systems cannot sync a folder, which leaves nothing more to be done. */
function unlessImpossible(error: unknown): void {
  const code = errorCode(error);
  if (code !== "EINVAL" && code !== "ENOTSUP" && code !== "ENOSYS") throw error;
}

function factsOf(stats: fs.BigIntStats): FileFacts {
  const kind = kindOf(stats);
  const made = kind === "folder" ? stats.birthtimeNs : stats.mtimeNs;
  return {
    kind,
    size: Number(stats.size),
    modified: new Date(Number(stats.mtimeMs)),
    identity: `${stats.dev}:${stats.ino}:${made}`,
  };
}

function entryOf(entry: fs.Dirent): FolderEntry {
  const known = [entry.isFile(), entry.isDirectory(), entry.isSymbolicLink(), entry.isFIFO(), entry.isSocket()];
  const device = entry.isBlockDevice() || entry.isCharacterDevice();
  return { name: entry.name, kind: device || known.includes(true) ? kindOf(entry) : "unknown" };
}

function kindOf(of: { isFile(): boolean; isDirectory(): boolean }): FileFacts["kind"] {
  return of.isFile() ? "file" : of.isDirectory() ? "folder" : "other";
}
