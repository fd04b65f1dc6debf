import type { Inspection } from "@modelkeep/core";

import type { GgufValue } from "./gguf-value.js";
import type { SkippedArray } from "./read-values.js";

type Finding = NonNullable<Inspection["findings"]>[number];

const templateKey = /^tokenizer\.chat_template(?:\.(?<name>.+))?$/u;

/** What has no place in a template that turns messages into text. */
const suspicions: readonly {
  readonly level: "warning" | "danger";
  readonly pattern: RegExp;
  readonly does: string;
}[] = [
  { level: "danger", pattern: /__[A-Za-z]\w{0,60}__/u, does: "reaches into Python's own objects" },
  {
    level: "danger",
    pattern: /\b(?:mro|func_globals|f_globals|f_builtins|f_back|gi_frame|cr_frame|ag_frame|tb_frame)\b/u,
    does: "reaches into Python's own objects",
  },
  { level: "warning", pattern: /\|\s*attr\b/u, does: "looks up attributes by names that it puts together" },
  { level: "warning", pattern: /\\(?:x5f|u005f|137)/iu, does: "hides underscores" },
  { level: "warning", pattern: /\{%[-+]?\s*(?:include|import|from|extends)\b/u, does: "loads other templates" },
];

/** The names of the templates, the one without a name as "default". */
export function chatTemplates(metadata: ReadonlyMap<string, GgufValue | SkippedArray>): ReadonlyMap<string, string> {
  const templates = new Map<string, string>();
  for (const [key, { type, ...rest }] of metadata) {
    const found = templateKey.exec(key);
    if (found !== null && type === "string")
      templates.set(found.groups?.["name"] ?? "default", (rest as { readonly value: string }).value);
  }
  return templates;
}

/**
 * A chat template is a Jinja program, which the runtime executes with every conversation: that is told of any. In a runtime
 * that does not confine it, as some have not, one that reaches for Python's objects runs what it likes.
 */
export function templateFindings(templates: ReadonlyMap<string, string>): readonly Finding[] {
  return [...templates].flatMap(([name, text]): Finding[] => {
    const which = `The chat template ${JSON.stringify(name.slice(0, 80))}`;
    const found = suspicions.flatMap(({ level, pattern, does }): Finding[] => {
      const [match] = pattern.exec(text) ?? [];
      return match === undefined ? [] : [{ level, message: `${which} ${does}: ${JSON.stringify(match.slice(0, 80))}` }];
    });
    const message = `${which} is a Jinja program of ${text.length} characters, which the runtime executes`;
    return [{ level: "info", message }, ...found];
  });
}
