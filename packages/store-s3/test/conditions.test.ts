import { describe, expect, test } from "vitest";
import { probeKey } from "../src/probe.js";
import { bench, bytes } from "./bench.js";

const at = bench();
const key = "models/a/log/000000000001.json";

describe("a service that ignores conditions", () => {
  test("is found out before the first conditional put, and refused", async () => {
    at.server.bucket.honours.put = false;
    for (let turn = 0; turn < 2; turn++)
      await expect(at.store.put(key, bytes(5), { if: "absent" })).rejects.toMatchObject({ code: "unsupported" });
    expect(at.there(key)).toBeUndefined();
    // Asked once only.
    expect(at.server.log).toEqual([`PutObject ${probeKey}`, `PutObject ${probeKey}`]);
    await at.store.put(key, bytes(5));
    expect(at.there(key)).toEqual(bytes(5));
  });

  test("is asked once, whatever the number of writers, and not at all by readers", async () => {
    await at.store.get(key);
    expect(at.server.log.filter((line) => line.endsWith(probeKey))).toHaveLength(0);
    await Promise.all(Array.from({ length: 8 }, (_, index) => at.store.put(`k${index}`, bytes(5), { if: "absent" })));
    expect(at.server.log.filter((line) => line.endsWith(probeKey))).toHaveLength(2);
    // The next process finds the scratch object, and one request is enough.
    await at.open().put("other", bytes(5), { if: "absent" });
    expect(at.server.log.filter((line) => line.endsWith(probeKey))).toHaveLength(3);
  });

  test("only for multipart uploads gets large conditional bodies as one request", async () => {
    at.server.bucket.honours.multipart = false;
    const body = async function* () {
      for (let turn = 0; turn < 7; turn++) yield bytes(500, turn);
    };
    for (const source of [bytes(3500), body]) {
      const name = `large/${typeof source}`;
      await at.store.put(name, source, { if: "absent" });
      expect(at.there(name)).toHaveLength(3500);
      await expect(at.store.put(name, source, { if: "absent" })).rejects.toMatchObject({ code: "already_exists" });
      at.fail("PutObject", "unanswered", { key: `${name}2` });
      await at.store.put(`${name}2`, source, { if: "absent" });
      expect(at.there(`${name}2`)).toEqual(at.there(name));
    }
    expect(at.requests().filter((line) => line.startsWith("CreateMultipartUpload"))).toEqual([]);
    expect(at.server.bucket.uploads.size).toBe(0);
  });

  test("gets the error of a body that fails while it is one long request", async () => {
    at.server.bucket.honours.multipart = false;
    let opened = 0;
    const trouble = new Error("the disk failed");
    const body = async function* () {
      const failing = ++opened === 3;
      for (let turn = 0; turn < 7; turn++) {
        if (failing && turn === 4) throw trouble;
        yield bytes(500, turn);
      }
    };
    await expect(at.store.put(key, body, { if: "absent" })).rejects.toBe(trouble);
    expect(at.there(key)).toBeUndefined();
  });

  test("is asked again after the question itself has failed", async () => {
    at.fail("PutObject", { refuse: 403, code: "AccessDenied" }, { key: probeKey });
    await expect(at.store.put(key, bytes(5), { if: "absent" })).rejects.toMatchObject({ code: "refused" });
    await at.store.put(key, bytes(5), { if: "absent" });
    expect(at.there(key)).toEqual(bytes(5));
  });

  test("the scratch object is not listed", async () => {
    await at.store.put(key, bytes(5), { if: "absent" });
    const listed: string[] = [];
    for await (const entry of at.store.list("")) listed.push(entry.key);
    for await (const entry of at.store.list("", { delimiter: "/" })) listed.push(entry.key);
    expect(listed).toEqual([key, "models/"]);
  });
});
