import { ModelkeepError, parseReference } from "@modelkeep/core";

/** `name@what` in two; a bare name where the command needs a version is an error that says so. */
export function splitReference(text: string): { readonly name: string; readonly selector: string } {
  const { name, selector } = parseReference(text);
  if (selector === undefined) {
    throw new ModelkeepError(
      "invalid_reference",
      `${JSON.stringify(text)} names a model, not a version: add @production, @3, @LABEL or @sha256:…`,
    );
  }
  return { name, selector: text.slice(name.length + 1) };
}

/** "key=value" in two. */
export function splitPair(text: string, what: string): readonly [key: string, value: string] {
  const at = text.indexOf("=");
  if (at < 1) throw new ModelkeepError("invalid_input", `${what} is given as name=value, not ${JSON.stringify(text)}`);
  return [text.slice(0, at), text.slice(at + 1)];
}

export function wholeNumber(text: string, what: string, least = 0): number {
  const number = Number(text);
  if (!/^\d+$/u.test(text) || !Number.isSafeInteger(number) || number < least) {
    throw new ModelkeepError(
      "invalid_input",
      `${what} is a whole number from ${least} on, not ${JSON.stringify(text)}`,
    );
  }
  return number;
}
