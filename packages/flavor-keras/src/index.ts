export { convertKeras, type KerasConversion, type KerasConvertOptions } from "./convert.js";
export { kerasConverter } from "./converter.js";
export { modelkeep } from "./plugin.js";
