import { link, mkdir, mkdtemp, readFile, readdir, rename, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { fsStore } from "./fs-store.js";
import { nodeFileOperations } from "./node-file-operations.js";

const bytes = new TextEncoder().encode("bytes");
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "modelkeep-fs-"));
});
afterEach(() => rm(folder, { recursive: true }));

async function keysOf(store: ReturnType<typeof fsStore>, prefix = ""): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(prefix)) keys.push(key);
  return keys;
}

test("keys are files that plain tools read", async () => {
  await fsStore(folder).put("models/credit scorer/log/000000000001.json", bytes);
  expect(await readFile(join(folder, "models/credit scorer/log/000000000001.json"), "utf8")).toBe("bytes");
  const object = await fsStore(folder).get("models/credit scorer/log/000000000001.json", { range: { start: 2 } });
  expect(object?.file).toEqual({ path: join(folder, "models/credit scorer/log/000000000001.json"), offset: 2 });
});

test("files whose names are no keys are not listed", async () => {
  const store = fsStore(folder);
  await store.put("a", bytes);
  for (const name of ["line\nbreak", "back\\slash", "^41"]) await writeFile(join(folder, name), "theirs");
  expect(await keysOf(store)).toEqual(["a"]);
});

test("a folder that does not exist is an empty store, and is not made by reading", async () => {
  const store = fsStore(join(folder, "not", "yet"));
  expect(await store.get("a")).toBeUndefined();
  expect(await keysOf(store)).toEqual([]);
  await store.delete("a");
  expect(await readdir(folder)).toEqual([]);
});

test("deletes leave no empty folders, and what is left of them is in nobody's way", async () => {
  const store = fsStore(folder);
  await store.put("a/b/c", bytes);
  await store.delete("a/b/c");
  expect(await readdir(folder)).toEqual([".tmp"]);
  await mkdir(join(folder, "a/b"), { recursive: true });
  expect(await keysOf(store)).toEqual([]);
  await store.put("a/b", bytes, { if: "absent" });
  expect(await keysOf(store)).toEqual(["a/b"]);
});

test("writers and deleters of one folder do not hinder each other", async () => {
  const store = fsStore(folder);
  await Promise.all(
    Array.from({ length: 16 }, async (_, writer) => {
      for (let turn = 0; turn < 20; turn++) {
        await store.put(`deep/er/${writer}`, bytes, turn % 2 ? { if: "absent" } : {});
        await store.delete(`deep/er/${writer}`);
      }
    }),
  );
  expect(await keysOf(store)).toEqual([]);
});

describe("links are not followed", () => {
  beforeEach(async () => {
    await mkdir(join(folder, "outside"));
    await writeFile(join(folder, "outside", "secret"), "secret");
    await mkdir(join(folder, "store"));
    await symlink(join(folder, "outside"), join(folder, "store", "folder"));
    await symlink(join(folder, "outside", "secret"), join(folder, "store", "file"));
  });

  test("what lies behind them is absent", async () => {
    const store = fsStore(join(folder, "store"));
    for (const key of ["folder/secret", "file"]) {
      expect(await store.get(key)).toBeUndefined();
      await store.delete(key);
    }
    expect(await keysOf(store)).toEqual([]);
    expect(await readdir(join(folder, "outside"))).toEqual(["secret"]);
  });

  test("nothing is written through them", async () => {
    const store = fsStore(join(folder, "store"));
    await expect(store.put("folder/new", bytes)).rejects.toMatchObject({ code: "refused" });
    await expect(store.put("file", bytes, { if: "absent" })).rejects.toMatchObject({ code: "refused" });
    await store.put("file", bytes);
    expect(await readFile(join(folder, "outside", "secret"), "utf8")).toBe("secret");
    expect(await readdir(join(folder, "outside"))).toEqual(["secret"]);
  });

  test("nor through one that takes the place of a folder, a moment after it was used", async () => {
    const store = fsStore(join(folder, "store"));
    await store.put("real/a", bytes);
    await rename(join(folder, "store", "real"), join(folder, "away"));
    await symlink(join(folder, "outside"), join(folder, "store", "real"));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await store.get("real/secret")).toBeUndefined();
    await expect(store.put("real/new", bytes)).rejects.toMatchObject({ code: "refused" });
    expect(await readdir(join(folder, "outside"))).toEqual(["secret"]);
  });

  test("one that takes the place of an object after get is not read", async () => {
    const store = fsStore(join(folder, "store"));
    await store.put("object", bytes);
    const object = await store.get("object");
    await rm(join(folder, "store", "object"));
    await symlink(join(folder, "outside", "secret"), join(folder, "store", "object"));
    await expect(object!.readInto(new Uint8Array(6))).rejects.toMatchObject({ code: "not_found" });
  });
});

test("what crashed writers left is removed after a day, and only that", async () => {
  await fsStore(folder).put("a", bytes);
  await writeFile(join(folder, ".tmp", "old"), "half");
  await writeFile(join(folder, ".tmp", "young"), "half");
  const long = new Date(Date.now() - 25 * 60 * 60 * 1000);
  await utimes(join(folder, ".tmp", "old"), long, long);
  await fsStore(folder).put("b", bytes);
  expect(await readdir(join(folder, ".tmp"))).toEqual(["young"]);
});

describe("a file server that lost its answer and was asked again", () => {
  const refuse = (code: string): Error => Object.assign(new Error(`${code}: already done`), { code, syscall: "link" });

  test("a link that says EEXIST after it was made is a success", async () => {
    const operations = {
      ...nodeFileOperations,
      async link(from: string, to: string) {
        await link(from, to);
        throw refuse("EEXIST");
      },
    };
    const store = fsStore(folder, { operations });
    await store.put("a/b", bytes, { if: "absent" });
    await expect(store.put("a/b", bytes, { if: "absent" })).rejects.toMatchObject({ code: "already_exists" });
    expect(await keysOf(store)).toEqual(["a/b"]);
  });

  test("a rename that says ENOENT after it was done is a success", async () => {
    const operations = {
      ...nodeFileOperations,
      async rename(from: string, to: string) {
        await nodeFileOperations.rename(from, to);
        throw refuse("ENOENT");
      },
    };
    await fsStore(folder, { operations }).put("a", bytes);
    expect(await readFile(join(folder, "a"), "utf8")).toBe("bytes");
  });
});

test("a file system without hard links refuses put if absent, and says so", async () => {
  const operations = {
    ...nodeFileOperations,
    link() {
      throw Object.assign(new Error("EPERM: operation not permitted, link"), { code: "EPERM", syscall: "link" });
    },
  };
  const store = fsStore(folder, { operations });
  await expect(store.put("a", bytes, { if: "absent" })).rejects.toMatchObject({ code: "unsupported" });
  expect(await store.head("a")).toBeUndefined();
});

test("an object cut short by others is an error, not fewer bytes", async () => {
  const store = fsStore(folder);
  await store.put("a", new Uint8Array(100_000));
  const object = await store.get("a");
  await writeFile(join(folder, "a"), "short");
  await expect(object!.readInto(new Uint8Array(100_000))).rejects.toMatchObject({ code: "conflict" });
});
