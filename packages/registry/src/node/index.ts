export { answerVerification, type FreshProcessOptions, verifyInFreshProcess } from "./fresh-process.js";
