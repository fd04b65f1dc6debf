import { dirname } from "node:path";
import type { FileOperations } from "../file-operations.js";

/** Ways to write files that a power failure punishes, as changes of calls that are right. */
export const wrongProtocols: readonly (readonly [
  mistake: string,
  change: (good: FileOperations) => Partial<FileOperations>,
])[] = [
  ["does not sync files", () => ({ sync: () => undefined })],
  ["does not sync folders", (good) => ({ syncFolder: async (path) => (await good.look(path))! })],
  [
    "syncs only the folder of the object, not those above that are new",
    (good) => ({
      syncFolder: async (path) => (path.endsWith("/log") ? good.syncFolder(path) : (await good.look(path))!),
    }),
  ],
  [
    "takes a folder that was made anew for the one that is known to be on the disk",
    (good) => ({ syncFolder: async (path) => ({ ...(await good.syncFolder(path)), identity: "always the same" }) }),
  ],
  [
    "gives a file its name before its bytes are on the disk",
    (good) => {
      const syncLater = async (path: string): Promise<void> => {
        const file = await good.open(path);
        await good.sync(file, 0);
        await good.close(file);
      };
      return {
        sync: () => undefined,
        async link(from, to) {
          await good.link(from, to);
          await syncLater(to);
        },
        async rename(from, to) {
          await good.rename(from, to);
          await syncLater(to);
        },
      };
    },
  ],
  [
    "writes in place",
    (good) => {
      const inPlace = async (from: string, to: string): Promise<void> => {
        const source = await good.open(from);
        const bytes = new Uint8Array((await good.facts(source)).size);
        await good.read(source, bytes, 0);
        await good.close(source);
        const target = await good.create(to);
        await good.write(target, bytes.subarray(0, bytes.length >> 1), 0);
        await good.write(target, bytes.subarray(bytes.length >> 1), bytes.length >> 1);
        await good.sync(target, 0);
        await good.close(target);
      };
      return {
        link: inPlace,
        async rename(from, to) {
          if ((await good.look(to)) !== undefined) await good.remove(to);
          await inPlace(from, to);
          await good.remove(from);
        },
      };
    },
  ],
  [
    "syncs a file before its last bytes",
    (good) => ({
      async write(file, bytes, position) {
        const half = bytes.length >> 1;
        await good.write(file, bytes.subarray(0, half), position);
        await good.sync(file, 0);
        return half + (await good.write(file, bytes.subarray(half), position + half));
      },
      sync: () => undefined,
    }),
  ],
  [
    "syncs a folder before the name is in it",
    (good) => ({
      async link(from, to) {
        await good.syncFolder(dirname(to));
        await good.link(from, to);
      },
      async rename(from, to) {
        await good.syncFolder(dirname(to));
        await good.rename(from, to);
      },
      syncFolder: async (path) => (await good.look(path))!,
    }),
  ],
  [
    "does not sync a folder that a name was replaced in",
    (good) => {
      let replaced = false;
      return {
        async rename(from, to) {
          await good.rename(from, to);
          replaced = true;
        },
        async syncFolder(path) {
          if (!replaced) return good.syncFolder(path);
          replaced = false;
          return (await good.look(path))!;
        },
      };
    },
  ],
  [
    "does not sync a folder that a name was removed from",
    (good) => {
      const removed = new Set<string>();
      return {
        async remove(path) {
          await good.remove(path);
          removed.add(dirname(path));
        },
        async syncFolder(path) {
          if (!removed.delete(path)) return good.syncFolder(path);
          return (await good.look(path))!;
        },
      };
    },
  ],
];
