import { groups } from "../commands.js";
import { bashCompletion } from "../completion/bash.js";
import { completedCommands } from "../completion/completed.js";
import { fishCompletion } from "../completion/fish.js";
import { zshCompletion } from "../completion/zsh.js";
import type { Context } from "../context.js";
import { UsageError } from "../parse.js";

const shells = new Map([
  ["bash", bashCompletion],
  ["zsh", zshCompletion],
  ["fish", fishCompletion],
]);

export async function run(context: Context): Promise<void> {
  const [shell = ""] = context.arguments;
  const script = shells.get(shell);
  if (script === undefined)
    throw new UsageError(
      `There is no completion for ${JSON.stringify(shell)}; there is for: ${[...shells.keys()].join(", ")}`,
    );
  process.stdout.write(script(completedCommands(groups)));
}
