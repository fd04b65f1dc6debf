export interface CodeBlock {
  /** The first line of the code itself, counted from 1. */
  readonly line: number;
  readonly language: string;
  /** The words after the language: `no-run`, `continued`, `run`, `needs=NAME`. */
  readonly flags: readonly string[];
  readonly code: string;
}

/** The fenced code blocks of a Markdown page, per CommonMark 0.31 section 4.5. */
export function codeBlocksOf(markdown: string): readonly CodeBlock[] {
  const blocks: CodeBlock[] = [];
  const lines = markdown.split(/\r?\n/);
  for (let index = 0; index < lines.length; index += 1) {
    const opening = /^( {0,3})(`{3,}|~{3,})\s*([^`]*)$/.exec(lines[index] ?? "");
    if (opening === null) continue;
    const [, indent = "", fence = "", info = ""] = opening;
    const closing = new RegExp(`^ {0,3}${fence[0]}{${fence.length},}\\s*$`);
    const rest = lines.slice(index + 1);
    const length = rest.findIndex((line) => closing.test(line));
    const body = length === -1 ? rest : rest.slice(0, length);
    const [language = "", ...flags] = info.trim().split(/\s+/);
    const unindented = body.map((line) => line.replace(new RegExp(`^ {0,${indent.length}}`), ""));
    blocks.push({ line: index + 2, language, flags, code: unindented.join("\n") });
    index += body.length + 1;
  }
  return blocks;
}

/**
 * The code of a block moved to the lines it has on its page, so that every message points into the page.
 * A block marked `continued` comes after the blocks that it continues.
 */
export function programOf(blocks: readonly CodeBlock[], block: CodeBlock): string {
  const sameLanguage = blocks.filter(({ language, line }) => language === block.language && line <= block.line);
  const start = sameLanguage.findLastIndex(({ flags }) => !flags.includes("continued"));
  const lines: string[] = [];
  for (const { line, code } of sameLanguage.slice(Math.max(start, 0))) {
    while (lines.length < line - 1) lines.push("");
    lines.push(...code.split("\n"));
  }
  return `${lines.join("\n")}\n`;
}
