import type { PluginModule } from "@modelkeep/core";

import { answerPredictions } from "./answer-predictions.js";

/** The script of an isolated process, where the server has none of its own: its arguments are the URLs of plugins. */
const modules = (await Promise.all(
  process.argv.slice(2).map((url) => import(url) as Promise<{ readonly modelkeep?: PluginModule }>),
)) as readonly { readonly modelkeep?: PluginModule }[];
const plugins = modules.flatMap(({ modelkeep }) => modelkeep ?? []);
answerPredictions({
  codecs: plugins.flatMap(({ codecs = [] }) => codecs.map((make) => make())),
  runtimes: plugins.flatMap(({ runtimes = [] }) => runtimes.map((make) => make())),
});
