import { answerPredictions } from "@modelkeep/serving";

import { loadPlugins } from "./plugins.js";

/** The script of an isolated process: the folder that plugins are resolved from, then their names. */
const [folder, ...names] = process.argv.slice(2);
answerPredictions(await loadPlugins(names, folder!));
