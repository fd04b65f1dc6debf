export { convertKeras, type KerasConversion, type KerasConvertOptions } from "./convert.js";
export { convertTfjsLayers } from "./convert-tfjs.js";
export { kerasConverter, tfjsLayersConverter } from "./converter.js";
export { modelkeep } from "./plugin.js";
