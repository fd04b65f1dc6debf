// Writes the hostile packages of this folder and index.json, which says how each must be refused:
//
//     node vectors/zip/generate.mjs
//
// The ZIP records are put together here by hand, independently of the library's own writer.
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { crc32, deflateRawSync } from "node:zlib";

const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");
const u16 = (value) => [value & 0xff, (value >> 8) & 0xff];
const u32 = (value) => [...u16(value & 0xffff), ...u16(value >>> 16)];
const u64 = (value) => [...u32(Number(BigInt(value) & 0xffffffffn)), ...u32(Number(BigInt(value) >> 32n))];
const bytesOf = (data) => (typeof data === "string" ? Buffer.from(data, "utf8") : Buffer.from(data));

/** A ZIP of files; each may override what its local and its central record say. */
function zip(files, { before = [], between = [], comment = "", end = {}, after = [], end64 } = {}) {
  const out = [Buffer.from(before)];
  const central = [];
  let at = before.length;
  for (const file of files) {
    const plain = bytesOf(file.data ?? "");
    const data = file.raw ?? (file.method === 8 ? deflateRawSync(plain) : plain);
    const facts = { name: file.name, method: file.method ?? 0, flags: 0x800, crc: crc32(plain), packed: data.length, size: plain.length, extra: [], disk: 0, attributes: 0o100644 * 65536, comment: "" };
    const local = { ...facts, ...file.both, ...file.local };
    const listed = { ...facts, offset: at, ...file.both, ...file.central };
    const localName = bytesOf(local.name);
    const record = Buffer.from([...u32(0x04034b50), ...u16(20), ...u16(local.flags), ...u16(local.method), ...u32(0x00210000), ...u32(local.crc), ...u32(local.packed), ...u32(local.size), ...u16(localName.length), ...u16(local.extra.length), ...localName, ...local.extra]);
    const name = bytesOf(listed.name);
    const remark = bytesOf(listed.comment);
    central.push(Buffer.from([...u32(0x02014b50), ...u16(0x0314), ...u16(20), ...u16(listed.flags), ...u16(listed.method), ...u32(0x00210000), ...u32(listed.crc), ...u32(listed.packed), ...u32(listed.size), ...u16(name.length), ...u16(listed.extra.length), ...u16(remark.length), ...u16(listed.disk), ...u16(0), ...u32(listed.attributes), ...u32(listed.offset), ...name, ...listed.extra, ...remark]));
    if (file.hidden) central.pop();
    if (file.phantom) continue;
    const tail = Buffer.from(file.descriptor ?? []);
    out.push(record, data, tail, Buffer.from(between));
    at += record.length + data.length + tail.length + between.length;
  }
  const directory = Buffer.concat(central);
  const facts = { disk: 0, count: central.length, size: directory.length, offset: at, ...end };
  out.push(directory);
  if (end64 !== undefined) {
    const wide = { recordSize: 44, count: central.length, size: directory.length, offset: at, where: at + directory.length, disks: 1, ...end64 };
    out.push(Buffer.from([...u32(0x06064b50), ...u64(wide.recordSize), ...u16(45), ...u16(45), ...u32(0), ...u32(0), ...u64(wide.count), ...u64(wide.count), ...u64(wide.size), ...u64(wide.offset), ...u32(0x07064b50), ...u32(0), ...u64(wide.where), ...u32(wide.disks)]));
  }
  out.push(Buffer.from([...u32(0x06054b50), ...u16(facts.disk), ...u16(0), ...u16(facts.count), ...u16(facts.count), ...u32(facts.size), ...u32(facts.offset), ...u16(comment.length), ...bytesOf(comment)]), Buffer.from(after));
  return Buffer.concat(out);
}

const model = "weights, weights, weights\n";

function manifest(files, change = {}) {
  const payloads = files.map(({ name, data }) => ({ path: name, role: "model", mediaType: "application/octet-stream", size: bytesOf(data).length, digest: `sha256:${sha256(bytesOf(data))}` }));
  const lines = payloads.map((each) => `${each.digest.slice(7)}  ${each.path}\n`).toSorted((a, b) => Buffer.compare(bytesOf(a.slice(66)), bytesOf(b.slice(66))));
  return JSON.stringify({ format: "modelkeep.envelope/1", created: "2024-03-03T10:00:00Z", representations: [{ name: "model", codec: "opaque", payloads: [payloads[0].path] }], payloads, content: `sha256:${sha256(lines.join(""))}`, ...change });
}

const payload = { name: "model.bin", data: model };
const head = { name: "manifest.json", data: manifest([payload]) };
const good = [head, payload];
/** The good package with its payload changed. */
const with_ = (change, options) => zip([head, { ...payload, ...change }], options);
/** A package whose manifest and ZIP both have a second file of that name. */
const named = (name) => zip([{ name: "manifest.json", data: manifest([payload, { name, data: "x" }]) }, payload, { name, data: "x" }]);
const extra = (name) => zip([...good, { name, data: "x" }]);
const unicodePath = [...u16(0x7075), ...u16(14), 1, ...u32(0), ...bytesOf("other.bin")];
const large = Buffer.alloc(10_000_000);
const overlap = zip(good);
const headLength = 30 + "manifest.json".length + bytesOf(head.data).length;

/** Every length, count and position in a good package with something else in it, alone. */
function lies() {
  const plain = zip(good);
  const wide = zip(good, { end: { count: 0xffff }, end64: {} });
  const [local, central, end] = [headLength, plain.lastIndexOf(Buffer.from(u32(0x02014b50))), plain.length - 22];
  const end64 = wide.length - 22 - 76;
  const fields = [
    ["local-packed", plain, local + 18, 4], ["local-size", plain, local + 22, 4], ["local-name", plain, local + 26, 2], ["local-extra", plain, local + 28, 2],
    ["central-packed", plain, central + 20, 4], ["central-size", plain, central + 24, 4], ["central-name", plain, central + 28, 2], ["central-extra", plain, central + 30, 2],
    ["central-comment", plain, central + 32, 2], ["central-offset", plain, central + 42, 4],
    ["end-count-here", plain, end + 8, 2], ["end-count", plain, end + 10, 2], ["end-size", plain, end + 12, 4], ["end-offset", plain, end + 16, 4], ["end-comment", plain, end + 20, 2],
    ["end64-record", wide, end64 + 4, 8], ["end64-count-here", wide, end64 + 24, 8], ["end64-count", wide, end64 + 32, 8], ["end64-size", wide, end64 + 40, 8], ["end64-offset", wide, end64 + 48, 8],
    ["locator-offset", wide, end64 + 64, 8],
  ];
  const found = {};
  for (const [name, bytes, at, width] of fields) {
    const bits = BigInt(width * 8);
    for (const [what, value] of [["0", 0n], ["beyond", BigInt(bytes.length) + 1n], ["negative", 1n << (bits - 1n)], ["max", (1n << bits) - 1n]]) {
      const lie = Buffer.from([...u64(value)].slice(0, width));
      if (lie.equals(bytes.subarray(at, at + width))) continue;
      const changed = Buffer.from(bytes);
      lie.copy(changed, at);
      found[`lie-${name}-${what}`] = [changed, "malformed", `The field ${name} is ${what === "0" ? "0" : what === "beyond" ? "more than the file has bytes" : what === "max" ? "as large as can be" : "negative, were it signed"}`];
    }
  }
  // The header and the directory agree; what is there does not.
  const outcomes = { "deflate-size-0": "size_mismatch", "deflate-size-beyond": "size_mismatch", "deflate-size-negative": "limit_exceeded" };
  for (const [form, method] of [["stored", 0], ["deflate", 8]])
    for (const field of ["packed", "size"])
      for (const [what, value] of [["0", 0], ["beyond", 5000], ["negative", 0x80000000]]) {
        const name = `${form}-${field}-${what}`;
        const why = `Header and directory agree that the ${field === "size" ? "plain" : "packed"} size of a payload is ${value} (method ${method})`;
        found[`lie-${name}`] = [with_({ method, both: { [field]: value } }), outcomes[name] ?? "malformed", why];
      }
  return found;
}

/** name: [bytes, code, why] */
export const vectors = {
  ...lies(),
  good: [zip(good), "ok", "The package that the others are made from"],
  "good-deflated": [with_({ method: 8 }), "ok", "The payload deflated"],
  "good-descriptor": [with_({ both: { flags: 0x808 }, local: { crc: 0, packed: 0, size: 0 }, descriptor: [...u32(0x08074b50), ...u32(crc32(model)), ...u32(model.length), ...u32(model.length)] }), "ok", "Sizes after the data, as streaming writers have them"],
  "good-folder": [zip([...good.slice(0, 1), { name: "folder/", data: "", central: { attributes: 0o040755 * 65536 } }, payload]), "ok", "An entry for a folder, as `zip -r` makes"],
  empty: [Buffer.alloc(0), "malformed", "No byte at all"],
  "no-manifest": [zip([payload]), "malformed", "A ZIP of something else"],
  "no-entries": [zip([]), "malformed", "An empty ZIP"],
  "no-payload": [zip([head]), "malformed", "A payload is missing"],
  "unknown-file": [extra("extra.bin"), "malformed", "A file that the manifest does not know"],
  "path-up": [named("../evil.bin"), "invalid_path", "Leaves the folder"],
  "path-up-inside": [named("a/../../evil.bin"), "invalid_path", "Leaves the folder from further inside"],
  "path-absolute": [named("/tmp/evil.bin"), "invalid_path", "Absolute path"],
  "path-drive": [named("C:evil.bin"), "invalid_path", "Drive letter"],
  "path-backslash": [named("..\\evil.bin"), "invalid_path", "Backslashes part segments on Windows"],
  "path-nul": [named("evil.bin\0.txt"), "invalid_path", "NUL character"],
  "path-device": [named("NUL.txt"), "invalid_path", "A device's name on Windows"],
  "path-stream": [named("a:b"), "invalid_path", "An alternate data stream on Windows"],
  "path-dot": [named("evil."), "invalid_path", "Windows drops a dot at the end"],
  "path-empty": [named(""), "invalid_path", "No name"],
  "path-not-nfc": [named("e\u0301.bin"), "invalid_path", "Not in Unicode normal form C"],
  "path-not-utf8": [extra(Buffer.from([0xff, 0xfe])), "malformed", "A name that is not UTF-8"],
  "path-below-file": [named("model.bin/inner"), "invalid_path", "File and folder at once"],
  "duplicate": [zip([...good, payload]), "invalid_path", "One name twice"],
  "duplicate-manifest": [zip([head, head, payload]), "invalid_path", "Two manifests"],
  "duplicate-case": [extra("MODEL.BIN"), "invalid_path", "One file where case does not count"],
  "duplicate-compatibility": [extra("model.b\u2170n"), "invalid_path", "One file where compatible characters are folded"],
  "overlap": [with_({ central: { offset: 0 } }), "malformed", "Two entries share a header"],
  "overlap-inside": [zip([{ ...head }, { ...payload, central: { offset: headLength - 10 } }]), "malformed", "A header inside the data of the entry before"],
  "overlap-quoted": [zip([{ ...head, central: { packed: overlap.length, size: overlap.length } }, payload]), "malformed", "Data that reaches over the next entry"],
  "offset-beyond": [with_({ central: { offset: 0x7fffffff } }), "malformed", "A header beyond the file"],
  "local-name": [with_({ local: { name: "other.bin" } }), "malformed", "Another name in the local header"],
  "local-name-longer": [with_({ local: { name: "model.binary" } }), "malformed", "A longer name in the local header"],
  "local-size": [with_({ local: { size: 1 } }), "malformed", "Another size in the local header"],
  "local-crc": [with_({ local: { crc: 1 } }), "malformed", "Another CRC in the local header"],
  "local-method": [with_({ local: { method: 8 } }), "malformed", "Another method in the local header"],
  "local-flags": [with_({ local: { flags: 0 } }), "malformed", "Other flags in the local header"],
  "descriptor-lies": [with_({ both: { flags: 0x808 }, local: { crc: 0, packed: 0, size: 0 }, descriptor: [...u32(0x08074b50), ...u32(1), ...u32(2), ...u32(3)] }), "malformed", "A descriptor that says something else"],
  "hidden-entry": [zip([head, { name: "hidden.bin", data: "x", hidden: true }, payload]), "malformed", "An entry that only a streaming reader sees"],
  "phantom-entry": [zip([...good, { name: "phantom.bin", data: "x", phantom: true }]), "malformed", "An entry without data"],
  "leading-bytes": [zip(good, { before: bytesOf("#!/bin/sh\n") }), "malformed", "Something before the first entry"],
  "trailing-bytes": [zip(good, { after: [0] }), "malformed", "Something after the end"],
  "gap-between": [zip(good, { between: [1, 2, 3] }), "malformed", "Something between the entries"],
  "comment": [zip(good, { comment: "PK\u0005\u0006 hides here" }), "malformed", "A comment, in which a second end could hide"],
  "entry-comment": [with_({ central: { comment: "x" } }), "malformed", "A comment on an entry"],
  "encrypted": [with_({ both: { flags: 0x801 } }), "malformed", "Encrypted"],
  "masked": [with_({ both: { flags: 0x2800 } }), "malformed", "Masked header values"],
  "method-unknown": [with_({ both: { method: 12 } }), "malformed", "bzip2"],
  "link": [with_({ central: { attributes: 0o120777 * 65536 } }), "malformed", "A symbolic link"],
  "device": [with_({ central: { attributes: 0o020666 * 65536 } }), "malformed", "A device"],
  "second-name": [with_({ both: { extra: unicodePath } }), "malformed", "Info-ZIP's Unicode path field: two names for one entry"],
  "extra-broken": [with_({ both: { extra: [1, 0, 255, 255, 0] } }), "malformed", "An extra field that reaches too far"],
  "folder-with-bytes": [zip([head, { name: "folder/", data: "x" }, payload]), "malformed", "A folder with contents"],
  "disks": [zip(good, { end: { disk: 1 } }), "malformed", "Spread over disks"],
  "entry-disk": [with_({ central: { disk: 1 } }), "malformed", "An entry on another disk"],
  "count-low": [zip(good, { end: { count: 1 } }), "malformed", "Fewer entries announced than are there"],
  "count-high": [zip(good, { end: { count: 3 } }), "malformed", "More entries announced than are there"],
  "count-huge": [zip(good, { end: { count: 0xffff } }), "malformed", "65,535 entries announced"],
  "directory-size": [zip(good, { end: { size: 0xfffffffe } }), "malformed", "A directory larger than the file"],
  "directory-offset": [zip(good, { end: { offset: 0 } }), "malformed", "A directory that begins elsewhere"],
  "zip64-disagrees": [zip(good, { end: { count: 0xffff }, end64: { offset: 0 } }), "malformed", "A ZIP64 end that disagrees"],
  "zip64-huge": [zip(good, { end: { count: 0xffff }, end64: { count: 2n ** 63n } }), "malformed", "2^63 entries"],
  "zip64-size-missing": [with_({ both: { size: 0xffffffff, packed: 0xffffffff } }), "malformed", "Sizes in a ZIP64 field that is not there"],
  "size-larger": [with_({ both: { size: 1000, packed: 1000 } }), "malformed", "A stored size beyond the data"],
  "size-two": [with_({ both: { size: 1 } }), "malformed", "Two sizes for a stored entry"],
  "size-not-manifest": [zip([head, { ...payload, data: `${model}!` }]), "size_mismatch", "Another size than in the manifest"],
  "bytes-not-manifest": [with_({ raw: bytesOf(model.toUpperCase()) }), "digest_mismatch", "Other bytes than in the manifest"],
  "manifest-huge": [zip([{ ...head, both: { size: 0xfffffff0, packed: 0xfffffff0 } }, payload]), "malformed", "A manifest of 4 GiB in a small file"],
  "manifest-bomb": [zip([{ name: "manifest.json", data: Buffer.alloc(20_000_000, 32), method: 8 }, payload]), "limit_exceeded", "A manifest that unpacks to 20 MB"],
  "deflate-longer": [with_({ method: 8, raw: deflateRawSync(large) }), "size_mismatch", "Small in the directory, 10 MB when inflated"],
  "deflate-shorter": [with_({ method: 8, raw: deflateRawSync("x") }), "size_mismatch", "Inflates to less than announced"],
  "deflate-cut": [with_({ method: 8, raw: deflateRawSync(model).subarray(0, -2) }), "malformed", "Deflated data that is cut off"],
  "deflate-continued": [with_({ method: 8, raw: Buffer.concat([deflateRawSync(model), bytesOf("more")]) }), "malformed", "Something after the deflated data"],
  "deflate-broken": [with_({ method: 8, raw: Buffer.alloc(20, 0xff) }), "malformed", "Not deflated data"],
  "bomb": [zip([{ name: "manifest.json", data: manifest([{ ...payload, data: large }]) }, { ...payload, data: large, method: 8 }]), "limit_exceeded", "10 MB of zeros where the caller allows 1 MiB"],
  "content-lies": [zip([{ ...head, data: manifest([payload], { content: `sha256:${"0".repeat(64)}` }) }, payload]), "invalid_manifest", "A content digest of something else"],
  "manifest-not-json": [zip([{ ...head, data: "{" }, payload]), "invalid_manifest", "A manifest that is not JSON"],
  "manifest-later": [zip([{ ...head, data: manifest([payload], { format: "modelkeep.envelope/2" }) }, payload]), "unknown_format_version", "A manifest of a later format"],
};

if (process.argv[1] === import.meta.filename) {
  const index = [];
  for (const [name, [bytes, code, why]] of Object.entries(vectors)) {
    writeFileSync(new URL(`${name}.zip`, import.meta.url), bytes);
    index.push({ file: `${name}.zip`, code, why });
  }
  writeFileSync(new URL("index.json", import.meta.url), `${JSON.stringify(index, null, 2)}\n`);
}
