export { answerVerification, type FreshProcessOptions, verifyInFreshProcess } from "./fresh-process.js";
export { filePins, type FilePinsOptions } from "./file-pins.js";
