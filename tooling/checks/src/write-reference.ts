import { writeReference } from "./reference/reference.js";

writeReference();
