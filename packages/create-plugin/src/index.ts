export { createPlugin, type CreatedPlugin, type CreatePluginOptions, type PluginKind } from "./create-plugin.js";
