import { answerVerification } from "@modelkeep/registry/node";

import { loadPlugins } from "./plugins.js";

/** The script of a fresh process: the folder that plugins are resolved from, then their names. */
const [folder, ...names] = process.argv.slice(2);
await answerVerification(await loadPlugins(names, folder!));
