import type { Command } from "../command.js";

export const completing: readonly Command[] = [
  {
    name: "completion",
    summary: "print what completes commands and options in your shell",
    positionals: "<bash|zsh|fish>",
    count: [1, 1],
    choices: ["bash", "zsh", "fish"],
    notes: [
      "The script knows every command and option of this version, and runs nothing: make it anew after an upgrade, or have your shell make it as it starts.",
    ],
    examples: [
      `echo 'eval "$(modelkeep completion bash)"' >> ~/.bashrc`,
      `echo 'eval "$(modelkeep completion zsh)"' >> ~/.zshrc   # after compinit`,
      "modelkeep completion fish > ~/.config/fish/completions/modelkeep.fish",
    ],
    withoutConfiguration: true,
    run: () => import("../commands/completion.js"),
  },
];
