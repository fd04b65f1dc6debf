import { type CompletedCommand, type Expected, nextWords } from "./completed.js";

/** For bash from 3.2 on, which macOS has: without what came later. */
export function bashCompletion(commands: readonly CompletedCommand[]): string {
  const firsts = nextWords(commands);
  const groups = [...firsts.keys()].filter((first) => nextWords(commands, first).size > 0);
  return `# bash completion for modelkeep: eval "$(modelkeep completion bash)"
_modelkeep() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" options="" values="" rest="" seconds="" each
  # "--option=value" comes in three words.
  [[ $before == "=" ]] && before="\${COMP_WORDS[COMP_CWORD-2]}"
  [[ $word == "=" ]] && word=""
  if (( COMP_CWORD == 1 )); then
    COMPREPLY=($(compgen -W "${[...firsts.keys(), "--help", "--version"].join(" ")}" -- "$word"))
    return
  fi
  if (( COMP_CWORD == 2 )); then
    case "\${COMP_WORDS[1]}" in
${groups.map((first) => `      ${first}) seconds="${[...nextWords(commands, first).keys()].join(" ")}" ;;`).join("\n")}
    esac
  fi
  case "\${COMP_WORDS[1]} \${COMP_WORDS[2]} " in
${commands
  .toSorted((a, b) => b.words.length - a.words.length)
  .map(caseOf)
  .join("\n")}
  esac
  COMPREPLY=()
  for each in $values; do
    [[ $before == "\${each%%=*}" ]] || continue
    _modelkeep_expect "\${each#*=}" "$word"
    return
  done
  if [[ $word == -* ]]; then
    COMPREPLY=($(compgen -W "$options" -- "$word"))
    return
  fi
  _modelkeep_expect "$rest" "$word"
  COMPREPLY+=($(compgen -W "$seconds" -- "$word"))
}
_modelkeep_expect() {
  local IFS=$'\\n'
  case "$1" in
    "") COMPREPLY=() ;;
    @) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$2")) ;;
    *) COMPREPLY=($(IFS=,; compgen -W "$1" -- "$2")) ;;
  esac
}
complete -F _modelkeep modelkeep
`;
}

function caseOf({ words, options, positionals }: CompletedCommand): string {
  const all = options.map(({ name }) => `--${name}`).join(" ");
  const values = options.flatMap(({ name, short, value }) => {
    if (value === undefined) return [];
    const expected = written(value);
    return [`--${name}=${expected}`, ...(short === undefined ? [] : [`-${short}=${expected}`])];
  });
  return `    "${words.join(" ")} "*) options="${all}" values="${values.join(" ")}" rest="${written(positionals)}" ;;`;
}

function written(expected: Expected): string {
  return expected === "file" ? "@" : expected === "unknown" ? "" : expected.join(",");
}
