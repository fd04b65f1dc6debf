import { type CompletedCommand, type CompletedOption, type Expected, nextWords } from "./completed.js";

export function zshCompletion(commands: readonly CompletedCommand[]): string {
  const firsts = nextWords(commands);
  const groups = [...firsts.keys()].filter((first) => nextWords(commands, first).size > 0);
  return `#compdef modelkeep
# zsh completion for modelkeep: eval "$(modelkeep completion zsh)", after compinit; or a file _modelkeep in $fpath
_modelkeep() {
  local -a words_here=(${described(firsts)}) seconds=()
  if (( CURRENT == 2 )); then
    _describe -t commands command words_here
    return
  fi
  case $words[2] in
${groups.map((first) => `    ${first}) seconds=(${described(nextWords(commands, first))}) ;;`).join("\n")}
  esac
  if (( CURRENT == 3 && $#seconds )) && [[ $words[3] != -* ]]; then
    _describe -t commands command seconds
  fi
  local command="$words[2] $words[3] "
  shift words
  (( CURRENT-- ))
  case $command in
${commands
  .toSorted((a, b) => b.words.length - a.words.length)
  .map(caseOf)
  .join("\n")}
  esac
}
if [[ $funcstack[1] == _modelkeep ]]; then _modelkeep "$@"; else compdef _modelkeep modelkeep; fi
`;
}

function caseOf({ words, options, positionals }: CompletedCommand): string {
  const rest = positionals === "unknown" ? [] : [quoted(`*:argument:${action(positionals)}`)];
  const specs = [...options.map(optionSpec), ...rest];
  return `    "${words.join(" ")} "*) _arguments ${specs.join(" ")} ;;`;
}

function optionSpec({ name, description, value }: CompletedOption): string {
  const about = description.replaceAll(/[[\]\\:]/gu, "\\$&");
  return quoted(`*--${name}[${about}]${value === undefined ? "" : `:${name}:${action(value)}`}`);
}

function action(expected: Expected): string {
  return expected === "file" ? "_files" : expected === "unknown" ? " " : `(${expected.join(" ")})`;
}

function described(words: ReadonlyMap<string, string>): string {
  return [...words].map(([word, text]) => quoted(`${word}:${text.replaceAll(":", "\\:")}`)).join(" ");
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
