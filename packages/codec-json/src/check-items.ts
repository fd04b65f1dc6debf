import { ModelkeepError } from "@modelkeep/core";

/** Values in one file, unless `limits.items` says otherwise: a parser needs some ten bytes for a value of two characters. */
const defaultItems = 50_000_000;

/** Counts the values of a JSON text by its commas and brackets, before a parser makes something of each. */
export function checkItems(json: Uint8Array, limit = defaultItems): void {
  // Every value takes two bytes, its separator included.
  if (json.length / 2 < limit) return;
  let items = 1;
  for (let at = 0; at < json.length; at++) {
    const byte = json[at];
    if (byte === 0x22) at = textEnd(json, at);
    else if (byte === 0x2c || byte === 0x5b || byte === 0x7b) items++;
  }
  if (items > limit) throw new ModelkeepError("limit_exceeded", `The file has more than ${limit} values`);
}

/** The closing quote of the text that opens at `start`; the end of the file when there is none. */
function textEnd(json: Uint8Array, start: number): number {
  for (let at = start; ;) {
    at = json.indexOf(0x22, at + 1);
    if (at < 0) return json.length;
    let slashes = 0;
    while (json[at - 1 - slashes] === 0x5c) slashes++;
    if (slashes % 2 === 0) return at;
  }
}
