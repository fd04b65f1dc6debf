// Writes the hostile manifests of this folder and index.json, which says how each must be refused:
//
//     node vectors/manifest/generate.mjs
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";

const sha256 = (text) => `sha256:${createHash("sha256").update(text).digest("hex")}`;
const digest = sha256("hello");
const payload = { path: "model.bin", role: "model", mediaType: "application/octet-stream", size: 5, digest };
const representation = { name: "model", codec: "opaque", payloads: ["model.bin"] };
const contentOf = (payloads) => sha256(payloads.map((each) => `${String(each.digest).slice(7)}  ${each.path}\n`).toSorted((a, b) => Buffer.compare(Buffer.from(a.slice(66)), Buffer.from(b.slice(66)))).join(""));
const good = { format: "modelkeep.envelope/1", created: "2024-03-03T10:00:00Z", representations: [representation], payloads: [payload], content: contentOf([payload]) };
const json = (change) => JSON.stringify({ ...good, ...change });
const paid = (...payloads) => json({ payloads: [payload, ...payloads], content: contentOf([payload, ...payloads]) });
const only = (change) => json({ payloads: [{ ...payload, ...change }], content: contentOf([{ ...payload, ...change }]) });
/** The good manifest as text, with a field put in front as it stands. */
const raw = (field) => json({}).replace("{", `{${field},`);
const big = 64 * 1024 * 1024;

/** name: [text or bytes, code, why] */
export const vectors = {
  good: [json({}), "ok", "The manifest that the others are made from"],
  "good-unknown-fields": [json({ later: { deep: [1, null] }, payloads: [{ ...payload, later: 1 }] }), "ok", "Fields of a later version"],
  "good-constructor": [json({ tags: { constructor: "x", toString: "y" } }), "ok", "Names that objects inherit are names like others"],
  "good-large": [only({ size: big, chunks: { size: big, digests: [digest] } }), "ok", "A payload with one chunk"],
  empty: ["", "invalid_manifest", "No byte at all"],
  cut: [json({}).slice(0, 100), "invalid_manifest", "Cut off"],
  list: ["[]", "invalid_manifest", "A list"],
  null: ["null", "invalid_manifest", "Nothing"],
  "not-utf8": [Buffer.concat([Buffer.from('{"format": "'), Buffer.from([0xc0, 0xae]), Buffer.from('"}')]), "invalid_manifest", "Overlong UTF-8"],
  "byte-order-mark": [`\ufeff${json({})}`, "invalid_manifest", "A byte order mark"],
  "trailing": [`${json({})}{}`, "invalid_manifest", "Something after the end"],
  "nan": [raw('"metrics": {"accuracy": NaN}'), "invalid_manifest", "NaN is no JSON"],
  "infinity": [raw('"metrics": {"accuracy": -Infinity}'), "invalid_manifest", "Infinity is no JSON"],
  "overflow": [raw('"metrics": {"accuracy": 1e999}'), "invalid_manifest", "A number that becomes infinite"],
  "proto": [raw('"__proto__": {"polluted": true}'), "invalid_manifest", "__proto__ as a key"],
  "proto-escaped": [raw('"\\u005f_proto__": {"polluted": true}'), "invalid_manifest", "__proto__, escaped"],
  "proto-deep": [raw('"parameters": {"a": [{"__proto__": {"polluted": true}}]}'), "invalid_manifest", "__proto__ further inside"],
  "key-twice": [raw('"format": "modelkeep.envelope/1"'), "invalid_manifest", "A key twice: two readers, two manifests"],
  "key-twice-escaped": [raw('"\\u0066ormat": "modelkeep.envelope/1"'), "invalid_manifest", "A key twice, once escaped"],
  "deep": [raw(`"extra": {"a": ${"[".repeat(100_000)}${"]".repeat(100_000)}}`), "invalid_manifest", "100,000 lists inside each other"],
  "deep-objects": [raw(`"extra": {"a": ${'{"a":'.repeat(50_000)}1${"}".repeat(50_000)}}`), "invalid_manifest", "50,000 objects inside each other"],
  "deep-open": ["[".repeat(100_000), "invalid_manifest", "100,000 lists that do not end"],
  "later-format": [json({ format: "modelkeep.envelope/2" }), "unknown_format_version", "A later format"],
  "other-format": [json({ format: "other/1" }), "invalid_manifest", "Another format"],
  "no-format": [json({ format: undefined }), "invalid_manifest", "No format"],
  "created-word": [json({ created: "yesterday" }), "invalid_manifest", "A date that is none"],
  "created-local": [json({ created: "2024-03-03T10:00:00" }), "invalid_manifest", "A time without its zone"],
  "created-impossible": [json({ created: "2023-02-29T10:00:00Z" }), "invalid_manifest", "A day that was not"],
  "size-negative": [only({ size: -1 }), "invalid_manifest", "A negative size"],
  "size-fraction": [only({ size: 0.5 }), "invalid_manifest", "Half a byte"],
  "size-unsafe": [only({ size: 2 ** 53 }), "invalid_manifest", "A size beyond what numbers hold exactly"],
  "size-text": [only({ size: "5" }), "invalid_manifest", "A size as text"],
  "digest-short": [only({ digest: digest.slice(0, -1) }), "invalid_manifest", "63 digits"],
  "digest-upper": [only({ digest: digest.toUpperCase() }), "invalid_manifest", "Upper case"],
  "digest-path": [only({ digest: `sha256:${"../".repeat(21)}a` }), "invalid_manifest", "A path for a digest"],
  "digest-md5": [only({ digest: `md5:${"0".repeat(32)}` }), "invalid_manifest", "Another algorithm"],
  "path-up": [paid({ ...payload, path: "../x" }), "invalid_manifest", "A path that leaves the envelope"],
  "path-number": [paid({ ...payload, path: 1 }), "invalid_manifest", "A number for a path"],
  "path-twice": [paid(payload), "invalid_manifest", "A path twice"],
  "path-case": [paid({ ...payload, path: "MODEL.BIN" }), "invalid_manifest", "Two paths that differ by case"],
  "path-manifest": [paid({ ...payload, path: "Manifest.json" }), "invalid_manifest", "The manifest's own path"],
  "path-attestations": [paid({ ...payload, path: "attestations/x" }), "invalid_manifest", "The reserved folder"],
  "path-attestations-case": [paid({ ...payload, path: "Attestations/x" }), "invalid_manifest", "The reserved folder, in another case"],
  "chunks-missing": [only({ size: big }), "invalid_manifest", "A large payload without chunk digests"],
  "chunks-few": [only({ size: big, chunks: { size: big / 4, digests: [digest] } }), "invalid_manifest", "Fewer chunk digests than chunks"],
  "chunks-zero": [only({ size: big, chunks: { size: 0, digests: [] } }), "invalid_manifest", "Chunks of no size"],
  "chunks-huge": [only({ size: 2 ** 50, chunks: { size: 2 ** 50, digests: [digest] } }), "invalid_manifest", "One chunk of 2^50 bytes: nothing could be verified in bounded memory"],
  "encoding-unknown": [only({ encoding: "zip" }), "invalid_manifest", "An unknown encoding"],
  "representation-unknown-path": [json({ representations: [{ ...representation, payloads: ["other.bin"] }] }), "invalid_manifest", "A representation of a payload that is not there"],
  "representation-empty": [json({ representations: [{ ...representation, payloads: [] }] }), "invalid_manifest", "A representation of nothing"],
  "representation-twice": [json({ representations: [representation, representation] }), "invalid_manifest", "Two representations of one name"],
  "representation-from-nowhere": [json({ representations: [{ ...representation, convertedFrom: { representation: "x", converter: "y", exactness: "bits" } }] }), "invalid_manifest", "Converted from what is not there"],
  "samples-unknown-path": [json({ samples: { inputs: "a", outputs: "b", rows: 1, bound: 0 } }), "invalid_manifest", "Samples that are not there"],
  "samples-negative-bound": [json({ samples: { inputs: "model.bin", outputs: "model.bin", rows: 1, bound: -1 } }), "invalid_manifest", "A negative bound"],
  "metrics-text": [json({ metrics: { accuracy: "0.9" } }), "invalid_manifest", "A metric as text"],
  "name-reserved": [json({ name: "a@b" }), "invalid_manifest", "A name with @"],
  "content-lies": [json({ content: digest }), "invalid_manifest", "The content digest of something else"],
};

if (process.argv[1] === import.meta.filename) {
  const index = [];
  for (const [name, [text, code, why]] of Object.entries(vectors)) {
    writeFileSync(new URL(`${name}.json`, import.meta.url), text);
    index.push({ file: `${name}.json`, code, why });
  }
  writeFileSync(new URL("index.json", import.meta.url), `${JSON.stringify(index, null, 2)}\n`);
}
