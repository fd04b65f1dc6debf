import { createHash } from "node:crypto";
import { inflateSync } from "node:zlib";
import { collect, isModelkeepError, storedBytes } from "@modelkeep/core";
import * as files from "cctv-age";
import { describe, expect, test } from "vitest";
import { decryptAge, encryptAge, type Identity } from "../src/index.js";
import { alice } from "./keys.js";

// The test vectors of the age format, https://github.com/C2SP/CCTV/tree/main/age: one way to fail, or to succeed, each.

interface Vector {
  readonly expected: string;
  readonly identities: readonly Identity[];
  readonly payload: string | undefined;
  readonly file: Uint8Array;
}

function parse(bytes: Uint8Array): Vector {
  const end = Buffer.from(bytes).indexOf("\n\n");
  const facts = Buffer.from(bytes.subarray(0, end))
    .toString()
    .split("\n")
    .map((line) => line.split(": ") as [string, string]);
  const all = (name: string) => facts.flatMap(([key, value]) => (key === name ? [value] : []));
  const file = bytes.subarray(end + 2);
  return {
    expected: all("expect")[0]!,
    identities: [...all("identity"), ...all("passphrase").map((passphrase) => ({ passphrase }))],
    payload: all("payload")[0],
    file: all("compressed")[0] === "zlib" ? inflateSync(file) : file,
  };
}

const vectors = new Map(Object.entries(files).map(([name, file]) => [name, parse(file)]));
const successes = [...vectors].filter(([, { expected }]) => expected === "success");

/** What each kind of outcome is here; `undefined` is no error. */
const codes: Readonly<Record<string, readonly (string | undefined)[]>> = {
  success: [undefined],
  "no match": ["no_identity"],
  "HMAC failure": ["tampered"],
  "header failure": ["malformed", "truncated"],
  "armor failure": ["malformed"],
  "payload failure": ["malformed", "truncated", "tampered"],
};

/** What is given out before the end, or before the error. */
async function read({ file, identities }: Vector): Promise<{ given: Buffer; error: unknown }> {
  const pieces: Uint8Array[] = [];
  try {
    const plain = await decryptAge(storedBytes(file, "vector"), { identities });
    for await (const piece of plain.stream()) pieces.push(piece);
    return { given: Buffer.concat(pieces), error: undefined };
  } catch (error) {
    return { given: Buffer.concat(pieces), error };
  }
}

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

describe("the vectors of C2SP", () => {
  test("they are all there", () => {
    expect(vectors.size).toBeGreaterThanOrEqual(143);
  });

  test.each([...vectors])("%s", async (_, vector) => {
    const { given, error } = await read(vector);
    expect(codes[vector.expected]).toContain((error as { code?: string } | undefined)?.code);
    // Also of a file that fails: what comes before the chunk that fails, and nothing of that one.
    expect(sha256(given)).toBe(vector.payload ?? sha256(new Uint8Array()));
    expect(error === undefined || isModelkeepError(error), String(error as Error)).toBe(true);
  });

  test.each(successes)("%s, read into an array", async (_, { file, identities, payload }) => {
    const plain = await decryptAge(storedBytes(file, "vector"), { identities });
    const target = new Uint8Array(plain.info.size + 1);
    expect(await plain.readInto(target)).toBe(plain.info.size);
    expect(sha256(target.subarray(0, -1))).toBe(payload);
  });

  test("what they hold comes back when it is encrypted anew", async () => {
    for (const [name, vector] of successes) {
      const { given } = await read(vector);
      const file = encryptAge(() => storedBytes(given).stream(), { recipients: [alice.recipient] });
      const again = await read({ ...vector, identities: [alice.identity], file: await collect(file()) });
      expect(again.error).toBeUndefined();
      expect(again.given.equals(given), name).toBe(true);
    }
  });
});
