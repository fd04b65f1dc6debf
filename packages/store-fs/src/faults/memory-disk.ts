import type { FileFacts, FileOperations } from "../file-operations.js";

interface File {
  readonly kind: "file";
  readonly number: number;
  bytes: Uint8Array;
  modified: number;
  /** What a power failure leaves for sure; undefined when it was never synced. */
  durable: Uint8Array | undefined;
}

interface Folder {
  readonly kind: "folder";
  readonly number: number;
  names: Map<string, File | Folder>;
  durable: Map<string, File | Folder>;
}

type Anything = File | Folder;

/** How many of the possible disks are looked at, and which. */
export interface PowerFailureOptions {
  readonly most?: number;
  /** Numbers from 0 to below 1. */
  readonly pick?: () => number;
}

/**
 * A disk that forgets in a power failure what was not synced: any of the names that changed in a folder since that was
 * synced, each by itself, and the bytes of a file, of which a part, or zeros, may be left. Harsher than real file systems,
 * which keep some order; after the model of Pillai and others, "All File Systems Are Not Created Equal", OSDI 2014.
 */
export class MemoryDisk {
  #numbers = 0;
  readonly #root = this.#folder();
  readonly #open = new Map<number, File>();

  readonly operations: FileOperations = {
    open: (path) => this.#openFile(this.#fileAt(path)),
    create: (path) => {
      const { folder, name } = this.#placeOf(path);
      if (folder.names.has(name)) throw trouble("EEXIST", path);
      const file: File = {
        kind: "file",
        number: ++this.#numbers,
        bytes: new Uint8Array(0),
        modified: Date.now(),
        durable: undefined,
      };
      folder.names.set(name, file);
      return this.#openFile(file);
    },
    read: (file, target, position) => {
      const bytes = this.#open.get(file)!.bytes.subarray(position, position + target.length);
      target.set(bytes);
      return bytes.length;
    },
    write: (number, bytes, position) => {
      const file = this.#open.get(number)!;
      const grown = new Uint8Array(Math.max(file.bytes.length, position + bytes.length));
      grown.set(file.bytes);
      grown.set(bytes, position);
      file.bytes = grown;
      file.modified = Date.now();
      return bytes.length;
    },
    sync: (file) => void (this.#open.get(file)!.durable = this.#open.get(file)!.bytes),
    syncData: (file) => void (this.#open.get(file)!.durable = this.#open.get(file)!.bytes),
    facts: (file) => factsOf(this.#open.get(file)!),
    close: (file) => void this.#open.delete(file),
    look: (path) => {
      const found = this.#find(path);
      return found && factsOf(found);
    },
    link: (from, to) => {
      const { folder, name } = this.#placeOf(to);
      if (folder.names.has(name)) throw trouble("EEXIST", to);
      folder.names.set(name, this.#fileAt(from));
    },
    rename: (from, to) => {
      const { folder, name } = this.#placeOf(to);
      if (folder.names.get(name)?.kind === "folder") throw trouble("EISDIR", to);
      const file = this.#fileAt(from);
      const source = this.#placeOf(from);
      source.folder.names.delete(source.name);
      folder.names.set(name, file);
    },
    remove: (path) => {
      this.#fileAt(path);
      const { folder, name } = this.#placeOf(path);
      folder.names.delete(name);
    },
    makeFolder: (path) => {
      const { folder, name } = this.#placeOf(path);
      if (folder.names.has(name)) throw trouble("EEXIST", path);
      folder.names.set(name, this.#folder());
    },
    removeFolder: (path) => {
      if (this.#folderAt(path).names.size > 0) throw trouble("ENOTEMPTY", path);
      const { folder, name } = this.#placeOf(path);
      folder.names.delete(name);
    },
    syncFolder: (path) => {
      const folder = this.#folderAt(path);
      folder.durable = new Map(folder.names);
      return factsOf(folder);
    },
    readFolder: (path) => [...this.#folderAt(path).names].map(([name, { kind }]) => ({ name, kind })),
  };

  /** Every disk that a power failure at this moment may leave; where there are more than `most`, so many of them by chance. */
  *afterPowerFailure({ most = Infinity, pick = Math.random }: PowerFailureOptions = {}): Generator<MemoryDisk> {
    const doubts = this.#doubts(this.#root, new Set());
    const count = doubts.reduce((product, { choices }) => product * choices, 1);
    for (let index = 0; index < Math.min(count, most); index++) {
      let rest = index;
      const chosen = new Map<string, number>();
      for (const { subject, choices } of doubts) {
        chosen.set(subject, count > most ? Math.floor(pick() * choices) : rest % choices);
        rest = Math.floor(rest / choices);
      }
      const disk = new MemoryDisk();
      disk.#fill(disk.#root, this.#root, chosen, new Map());
      yield disk;
    }
  }

  /** What is uncertain: names that differ from what is durable, and the bytes of files. */
  #doubts(folder: Folder, seen: Set<Anything>): { subject: string; choices: number }[] {
    const doubts: { subject: string; choices: number }[] = [];
    for (const name of new Set([...folder.names.keys(), ...folder.durable.keys()])) {
      const both = [folder.names.get(name), folder.durable.get(name)];
      if (both[0] !== both[1]) doubts.push({ subject: `${folder.number}/${name}`, choices: 2 });
      for (const item of both) {
        if (item === undefined || seen.has(item)) continue;
        seen.add(item);
        if (item.kind === "folder") doubts.push(...this.#doubts(item, seen));
        else if (item.durable !== item.bytes) doubts.push({ subject: String(item.number), choices: 5 });
      }
    }
    return doubts;
  }

  #fill(target: Folder, source: Folder, chosen: ReadonlyMap<string, number>, made: Map<Anything, Anything>): void {
    for (const name of new Set([...source.names.keys(), ...source.durable.keys()])) {
      const isNew = chosen.get(`${source.number}/${name}`) !== 1;
      const item = (isNew ? source.names : source.durable).get(name);
      if (item === undefined) continue;
      let copy = made.get(item);
      if (copy === undefined) {
        copy = item.kind === "folder" ? this.#folder() : this.#fileAfter(item, chosen.get(String(item.number)));
        made.set(item, copy);
        if (item.kind === "folder") this.#fill(copy as Folder, item, chosen, made);
      }
      target.names.set(name, copy);
      target.durable.set(name, copy);
    }
  }

  #fileAfter({ bytes, durable, modified }: File, choice: number | undefined): File {
    const half = bytes.length >> 1;
    const torn = new Uint8Array(bytes.length);
    torn.set(bytes.subarray(0, half));
    const choices = [bytes, new Uint8Array(bytes.length), durable ?? new Uint8Array(0), torn, bytes.subarray(0, half)];
    const left = choices[choice ?? 0]!;
    return { kind: "file", number: ++this.#numbers, bytes: left, durable: left, modified };
  }

  #folder(): Folder {
    return { kind: "folder", number: ++this.#numbers, names: new Map(), durable: new Map() };
  }

  #openFile(file: File): number {
    this.#open.set(++this.#numbers, file);
    return this.#numbers;
  }

  #find(path: string): Anything | undefined {
    let item: Anything | undefined = this.#root;
    for (const name of path.split("/").slice(1)) {
      if (name === "") continue;
      if (item?.kind === "file") throw trouble("ENOTDIR", path);
      item = item?.names.get(name);
      if (item === undefined) return undefined;
    }
    return item;
  }

  #fileAt(path: string): File {
    const found = this.#find(path);
    if (found?.kind !== "file") throw trouble(found === undefined ? "ENOENT" : "EISDIR", path);
    return found;
  }

  #folderAt(path: string): Folder {
    const found = this.#find(path);
    if (found?.kind !== "folder") throw trouble(found === undefined ? "ENOENT" : "ENOTDIR", path);
    return found;
  }

  #placeOf(path: string): { folder: Folder; name: string } {
    const end = path.lastIndexOf("/");
    return { folder: this.#folderAt(path.slice(0, end) || "/"), name: path.slice(end + 1) };
  }
}

function factsOf(item: Anything): FileFacts {
  const [size, modified] = item.kind === "file" ? [item.bytes.length, item.modified] : [0, 0];
  return { kind: item.kind, size, modified: new Date(modified), identity: `${item.number}:${size}` };
}

function trouble(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code, syscall: "memory" });
}
