import { type Digest, digestHex, foldName, nameToSegment, segmentToName } from "@modelkeep/core";

/** Where things lie in a registry's store. `spec/registry-log.md` promises these keys. */
export const rootKey = "registry.json";
export const readmeKey = "README.md";
export const modelsPrefix = "models/";
export const blobsPrefix = "blobs/sha256/";
export const leasesPrefix = "leases/";
export const condemnedPrefix = "condemned/";
export const changesPrefix = "changes/";
export const namesPrefix = "names/";

export function logPrefix(model: string): string {
  return `${modelsPrefix}${nameToSegment(model)}/log/`;
}

/** Twelve digits, so that keys sort as numbers do. */
export function logKey(model: string, number: number): string {
  return `${logPrefix(model)}${String(number).padStart(12, "0")}.json`;
}

export function logNumber(key: string): number | undefined {
  const match = /\/log\/(\d{12})\.json$/u.exec(key);
  return match === null ? undefined : Number(match[1]);
}

/** A manifest's key is never used again, as a blob's: the id makes it unique. */
export function manifestKey(model: string, digest: Digest, id: string): string {
  return `${modelsPrefix}${nameToSegment(model)}/manifests/${digestHex(digest)}.${id}.json`;
}

/** What somebody attests of a version's files. */
export function attestationKey(model: string, digest: Digest, id: string): string {
  return `${modelsPrefix}${nameToSegment(model)}/attestations/${digestHex(digest)}.${id}.json`;
}

export function blobPrefix(digest: Digest): string {
  return `${blobsPrefix}${digestHex(digest)}/`;
}

export function blobKey(digest: Digest, id: string): string {
  return `${blobPrefix(digest)}${id}`;
}

export function nameKey(model: string): string {
  return `${namesPrefix}${nameToSegment(foldName(model))}`;
}

export function leaseKey(id: string): string {
  return `${leasesPrefix}${id}`;
}

export function condemnedKey(key: string, collection: string): string {
  return `${condemnedPrefix}${key}/${collection}`;
}

/** The key that a marker condemns. */
export function condemnedTarget(marker: string): string {
  return marker.slice(condemnedPrefix.length, marker.lastIndexOf("/"));
}

export const indexPrefix = "index/";

/** `2026-03-01T14`: the hour in UTC. */
export function changesHour(time: Date): string {
  return `${changesPrefix}${time.toISOString().slice(0, 13)}/`;
}

/** The model whose folder this is ("models/<segment>/"), if it is one. */
export function modelOfPrefix(prefix: string): string | undefined {
  return segmentToName(prefix.slice(modelsPrefix.length, -1));
}

const hintName = 27;

/** A hint's key names the model where it fits into one segment; its body does in any case. */
export function hintKey(time: Date, id: string, model: string): string {
  const segment = `${id}.${nameToSegment(model)}`;
  return `${changesHour(time)}${new TextEncoder().encode(segment).length <= 255 ? segment : id}`;
}

export function modelOfHint(key: string): string | undefined {
  return segmentToName(key.slice(key.lastIndexOf("/") + 1 + hintName));
}

/** Before the name of an archive and a key in it, where entries name what lies there; and before who owns it, in the registry's own store. */
export const archivesPrefix = "archives/";
/** In an archive: to whom it belongs. */
export const archiveMark = "archive.json";
