import { shorten } from "../policy.js";
import { PickleGlobal, PickleObject, type PickleValue } from "../value.js";

const functionMakers =
  /(^|\.)(_make_function|_make_skel_func|_fill_function|_create_function|FunctionType|LambdaType)$/;
const codeMakers = /(^|\.)(CodeType|_create_code|_make_code)$/;

/** What code a call carries, when it makes a Python function or code object; undefined when it makes neither. */
export function codeOf(callable: PickleValue, args: readonly PickleValue[]): string | undefined {
  const path = madeBy(callable);
  if (path === undefined) return undefined;
  const maker = shorten(path);
  if (codeMakers.test(path)) {
    // argument counts, bytecode, constants, names; then the file and the function: all other arguments are no strings.
    const [file, name] = args.filter((value) => typeof value === "string");
    const what = name === "<lambda>" ? "a lambda" : `the function ${shorten(name ?? "?")}`;
    return `${what} from ${shorten(file ?? "an unknown file")}, as bytecode (${maker})`;
  }
  if (functionMakers.test(path)) return `a function made from bytecode (${maker})`;
  if (/(^|\.)marshal\.loads?$/.test(path)) return `bytecode in marshal's format (${maker})`;
  if (/^(dill|cloudpickle|joblib\.externals\.cloudpickle)\b/.test(path)) return `an object made by ${maker}`;
  return undefined;
}

/** The name that is called; the name it was asked for where a helper looks it up: `_builtin_type("CodeType")`. */
function madeBy(callable: PickleValue): string | undefined {
  if (callable instanceof PickleGlobal) return callable.path;
  if (!(callable instanceof PickleObject)) return undefined;
  const [first] = callable.args;
  const lookedUp = /(_builtin_type|_load_type|_import_module|getattr)$/.test(callable.type.name);
  return lookedUp && typeof first === "string" ? `${callable.module}.${first}` : callable.type.path;
}
