export { joblibCodec, pickleCodec, type PickleCodecOptions, type PickleEncodeOptions } from "./pickle-codec.js";
export {
  isPickleFile,
  type PickleDict,
  PickleFile,
  type PickleObject,
  pickleOf,
  type PickleValue,
  type PlainValue,
} from "@modelkeep/pickle";
export { modelkeep } from "./plugin.js";
