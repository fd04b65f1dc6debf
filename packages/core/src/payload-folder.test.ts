import { expect, test } from "vitest";
import { collectPayloads, memoryPayloads } from "./memory-payload.js";
import { memoryFolder, payloadBeside, readFolder } from "./payload-folder.js";

const bytes = (...values: number[]) => new Uint8Array(values);
const payloads = memoryPayloads([
  { path: "folder/main", bytes: bytes(1) },
  { path: "a", bytes: bytes(2, 2) },
  { path: "folder/a", bytes: bytes(3, 3, 3) },
  { path: "elsewhere/b", bytes: bytes(4) },
]);

test("paths in a file are meant from its own folder, and nowhere else", () => {
  expect(payloadBeside(payloads, "a")?.path).toBe("folder/a");
  expect(payloadBeside(payloads, "elsewhere/b")).toBeUndefined();
});

test("files of the folder come before others of the same path", async () => {
  expect([...(await readFolder(payloads))]).toEqual([
    ["main", bytes(1)],
    ["a", bytes(3, 3, 3)],
    ["elsewhere/b", bytes(4)],
  ]);
});

test("more bytes than allowed are refused before any is read", async () => {
  await expect(readFolder(payloads, { limits: { bytes: 6 } })).rejects.toMatchObject({ code: "limit_exceeded" });
  expect((await readFolder(payloads, { limits: { bytes: 7 } })).size).toBe(3);
});

test("a folder in memory has its main file first, and comes back as it was", async () => {
  const files = new Map([
    ["b", bytes(1)],
    ["main", bytes(2)],
    ["a", bytes(3)],
  ]);
  const sources = memoryFolder("model", files, { path: "main", mediaType: "application/x-main" });
  expect(sources.map(({ path, mediaType }) => [path, mediaType])).toEqual([
    ["model/main", "application/x-main"],
    ["model/a", "application/octet-stream"],
    ["model/b", "application/octet-stream"],
  ]);
  expect(new Map(await readFolder(await collectPayloads(sources)))).toEqual(files);
});
