import { expect, test } from "vitest";

import { templateFindings } from "./chat-template.js";

const levels = (text: string) => templateFindings(new Map([["default", text]])).map(({ level }) => level);

test.each([
  [
    "a loop over messages",
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m.content | trim }}{% endfor %}",
    [],
  ],
  ["a refusal", "{{ raise_exception('Roles must alternate') }}", []],
  ["a namespace and a macro", "{% set ns = namespace(found=false) %}{% macro f(x) %}{{ x }}{% endmacro %}", []],
  ["Python's objects", "{{ ''.__class__.__mro__[1].__subclasses__() }}", ["danger"]],
  ["a longer one of their names", "{{ x.__init_subclass__ }}", ["danger"]],
  ["the same by frames", "{{ g.gi_frame.f_back }}", ["danger"]],
  ["a name that is put together", "{{ x | attr('_' ~ '_class_' ~ '_') }}", ["warning"]],
  ["escaped underscores", String.raw`{{ x['\x5f\x5fclass\x5f\x5f'] }}`, ["warning"]],
  ["another template", "{%- include 'other' %}", ["warning"]],
])("%s", (_, text, found) => {
  expect(levels(text)).toEqual(["info", ...found]);
});
