import { ModelkeepError } from "@modelkeep/core";

/** What encryption keeps for itself in a store lies below this, and is not shown to whoever uses the encrypted store. */
export const hiddenPrefix = "encryption/";
export const readmeKey = `${hiddenPrefix}README.md`;

const rings = `${hiddenPrefix}keys/`;
const pattern = /^encryption\/keys\/(\d{12})\.age$/u;

export const keyRingPrefix = rings;

export function keyRingKey(number: number): string {
  return `${rings}${String(number).padStart(12, "0")}.age`;
}

export function keyRingNumber(key: string): number | undefined {
  const match = pattern.exec(key);
  return match === null ? undefined : Number(match[1]);
}

export function isHidden(key: string): boolean {
  return key.startsWith(hiddenPrefix) || `${key}/` === hiddenPrefix;
}

/** The key, or `invalid_key` where it is one that encryption keeps for itself. */
export function checkVisible(key: string): string {
  if (isHidden(key))
    throw new ModelkeepError(
      "invalid_key",
      `The key ${JSON.stringify(key)} lies where the store keeps its encryption keys`,
      {
        details: { key },
      },
    );
  return key;
}
