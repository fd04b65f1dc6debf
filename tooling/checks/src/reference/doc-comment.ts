import ts from "@typescript/typescript6";

/** What a docstring says, in Markdown. */
export interface DocComment {
  readonly text: string;
  /** By name of the parameter. */
  readonly parameters: readonly (readonly [name: string, meaning: string])[];
  readonly returns: string | undefined;
  /** A line for each error: "`not_found` where there is no such model". */
  readonly throws: readonly string[];
}

/** The docstring of the first declaration that has one. */
export function docCommentOf(declarations: readonly ts.Node[]): DocComment {
  for (const declaration of declarations) {
    const comment = ts.getJSDocCommentsAndTags(declaration).findLast(ts.isJSDoc);
    if (comment === undefined) continue;
    const tags = comment.tags ?? [];
    const text = (node: { readonly comment?: ts.JSDoc["comment"] }) =>
      (ts.getTextOfJSDocComment(node.comment) ?? "").trim();
    return {
      text: text(comment),
      parameters: tags.flatMap((tag) =>
        ts.isJSDocParameterTag(tag) ? [[tag.name.getText(), text(tag).replace(/^- /, "")] as const] : [],
      ),
      returns: tags.filter(ts.isJSDocReturnTag).map(text)[0],
      throws: tags.filter(ts.isJSDocThrowsTag).map(text),
    };
  }
  return { text: "", parameters: [], returns: undefined, throws: [] };
}

/** Where a word between backticks leads: a page and an anchor. */
export type LookUp = (word: string) => string | undefined;

/** A docstring's text as a page shows it: words between backticks that have a place of their own lead there. */
export function linkedText(text: string, lookUp: LookUp): string {
  const marked = text.replaceAll(/\{@link(?:code|plain)?\s+([^}|\s]+)[^}]*\}/g, "`$1`");
  return marked
    .split(/(`+[^`]*`+)/)
    .map((part) => {
      if (!part.startsWith("`")) return part.replaceAll("<", "\\<");
      const place = lookUp(part.slice(1, -1).replace(/\(\)$/, ""));
      return place === undefined ? part : `[${part}](${place})`;
    })
    .join("");
}
