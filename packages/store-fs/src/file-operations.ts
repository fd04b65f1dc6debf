/** Bytes that are copied to or from the page cache, or brought to the disk, in less time than waiting for another thread takes. */
export const small = 128 * 1024;

/** At once or later. */
export type Awaitable<T> = T | Promise<T>;

/** What the store wants to know of a file or folder. */
export interface FileFacts {
  /** Links are "other": the store follows none. */
  readonly kind: "file" | "folder" | "other";
  readonly size: number;
  readonly modified: Date;
  /** The same for the same file however it is named; a file made anew has another one, also where numbers are reused. */
  readonly identity: string;
}

/** A name in a folder. */
export interface FolderEntry {
  readonly name: string;
  /** "unknown" where the file system does not tell with the name. */
  readonly kind: FileFacts["kind"] | "unknown";
}

/**
 * Every call that the store makes to the file system; nothing else in this package touches it. That is how tests let
 * each of them fail, or end the process there. Errors are Node's own, with `code` and `syscall`.
 */
export interface FileOperations {
  /** For reading; never through a link, and without waiting for a pipe. */
  open(path: string): Awaitable<number>;
  /** For writing; fails with EEXIST when there is anything. */
  create(path: string): Awaitable<number>;
  /** May read less than asked; 0 is the end. */
  read(file: number, target: Uint8Array, position: number): Awaitable<number>;
  /** May write less than asked. */
  write(file: number, bytes: Uint8Array, position: number): Awaitable<number>;
  /** To the disk, with everything that reading needs. `bytes` is how much there may still be to do. */
  sync(file: number, bytes: number): Awaitable<void>;
  /** To the disk: the bytes written so far. */
  syncData(file: number): Awaitable<void>;
  facts(file: number): Awaitable<FileFacts>;
  close(file: number): Awaitable<void>;
  /** Of the path itself, not of what a link points to; undefined when there is nothing. */
  look(path: string): Awaitable<FileFacts | undefined>;
  link(from: string, to: string): Awaitable<void>;
  rename(from: string, to: string): Awaitable<void>;
  remove(path: string): Awaitable<void>;
  makeFolder(path: string): Awaitable<void>;
  removeFolder(path: string): Awaitable<void>;
  /** Brings the names in a folder to the disk, and tells about it. */
  syncFolder(path: string): Awaitable<FileFacts>;
  readFolder(path: string): Awaitable<FolderEntry[]>;
}

/** The code of an error of the operating system. */
export function errorCode(error: unknown): string | undefined {
  const { code, syscall } = error instanceof Error ? (error as NodeJS.ErrnoException) : {};
  return syscall === undefined ? undefined : code;
}
