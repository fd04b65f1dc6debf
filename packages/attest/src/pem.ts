import { ModelkeepError } from "@modelkeep/core";

/** Characters of one PEM file that are looked at: keys and chains of certificates are far smaller. */
const most = 256 * 1024;
const block = /-----BEGIN ([A-Z0-9 ]+)-----\r?\n[A-Za-z0-9+/=:,\-\s]+?-----END \1-----/gu;

/** Labels of the blocks of a PEM text. What stands around them must be blank: half a file is not a key. */
export function pemLabels(text: string, what: string): readonly string[] {
  if (typeof text !== "string") throw new TypeError(`${what} is the text of a PEM file`);
  const fault = (message: string) => new ModelkeepError("unusable_key", `${what} ${message}`);
  if (text.length > most) throw fault(`is no PEM file: it has more than ${most} characters`);
  const labels = Array.from(text.matchAll(block), ([, label]) => label!);
  if (labels.length === 0)
    throw fault('is no PEM file: there is no block from "-----BEGIN …-----" to "-----END …-----"');
  if (text.replaceAll(block, "").trim() !== "") throw fault("has text beside its PEM blocks");
  return labels;
}
