/** A name that the registry takes, as close to what it was as may be. */
export function modelName(text: string): string {
  const plain = text
    .normalize("NFC")
    .replaceAll(/[/:@\\\u0000-\u001f\u007f]/gu, "-")
    .replace(/[-_. ]+$/u, "")
    .trim();
  return plain === "" ? "model" : plain;
}
