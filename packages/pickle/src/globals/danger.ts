// What the names do that attacks are made of, in plain words. The list explains; it does not decide: a name that is
// not in the table of inert ones is refused whether or not it stands here.
const exact = new Map<string, string>([
  ...entries(
    "runs a shell command",
    "os.system posix.system nt.system os.popen posix.popen commands.getoutput commands.getstatusoutput subprocess.getoutput subprocess.getstatusoutput pydoc.pipepager platform.popen",
  ),
  ...entries(
    "starts a program",
    "subprocess.Popen subprocess.run subprocess.call subprocess.check_call subprocess.check_output pty.spawn os.execv os.execve os.execvp os.execl os.spawnv os.spawnl os.spawnlp os.posix_spawn os.startfile asyncio.create_subprocess_shell asyncio.create_subprocess_exec",
  ),
  ...entries(
    "deletes or replaces files",
    "os.remove os.unlink os.rmdir os.removedirs os.rename os.replace shutil.rmtree shutil.move posix.remove posix.unlink",
  ),
  ...entries(
    "adds things up, which hides names from scanners",
    "operator.add _operator.add operator.concat _operator.concat operator.mod _operator.mod",
  ),
  ...entries(
    "takes attributes or items of anything, or calls its methods",
    "operator.attrgetter operator.itemgetter operator.methodcaller _operator.attrgetter _operator.itemgetter _operator.methodcaller",
  ),
  ...entries("calls any function later", "functools.partial _functools.partial functools.reduce _functools.reduce"),
  ...entries("installs or runs packages", "pip.main pip._internal.main pip._internal.cli.main.main"),
  ...entries("runs Python code from the file", "builtins.eval builtins.exec builtins.compile builtins.execfile"),
  ...entries(
    "runs Python code from the file",
    "timeit.timeit timeit.repeat timeit.main timeit.Timer trace.Trace profile.run",
  ),
  ...entries(
    "imports any module",
    "builtins.__import__ importlib.import_module importlib.__import__ pkgutil.resolve_name pydoc.locate",
  ),
  ...entries(
    "reaches any attribute of any object",
    "builtins.getattr builtins.setattr builtins.delattr builtins.vars builtins.globals builtins.locals builtins.__dict__ builtins.__build_class__ builtins.apply builtins.map builtins.filter builtins.reduce builtins.super builtins.type.__subclasses__ builtins.dir",
  ),
  ...entries(
    "opens a file",
    "builtins.open builtins.file io.open io.FileIO _io.FileIO _io.open io.open_code codecs.open",
  ),
  ...entries(
    "waits for somebody to type, or steps into the debugger",
    "builtins.input builtins.raw_input builtins.breakpoint",
  ),
  ...entries("prints, or ends the process", "builtins.exit builtins.quit builtins.help builtins.memoryview"),
  ...entries(
    "loads another pickle, from a path or bytes of the file's choice",
    "joblib.load joblib.numpy_pickle.load joblib.numpy_pickle.load_temporary_memmap joblib.numpy_pickle_utils._read_fileobject numpy.load torch.load pandas.read_pickle pandas.io.pickle.read_pickle dill.load dill.loads dill._dill.loads dill._dill.load",
  ),
  ...entries(
    "imports a module and takes anything from it",
    "numpy.core._ufunc_reconstruct numpy._core._ufunc_reconstruct",
  ),
  ...entries(
    "builds a function from bytecode in the file",
    "types.FunctionType types.LambdaType types.CodeType types.MethodType builtins.function builtins.code",
  ),
  ...entries(
    "makes an instance of any class it is given",
    "copyreg.__newobj__ copyreg.__newobj_ex__ copy_reg.__newobj__ copyreg._reduce_ex",
  ),
  ...entries(
    "runs Python code from the file",
    "numpy.testing._private.utils.runstring numpy.testing.runstring numpy.testing.utils.runstring",
  ),
  ...entries("runs a command", "torch.utils.bottleneck.__main__.run_cprofile torch._inductor.codecache.compile_file"),
]);

const packages = new Map<string, string>([
  ...entries(
    "runs commands or touches files of the machine",
    "os posix nt posixpath ntpath commands popen2 shutil pty fcntl glob tempfile fileinput",
  ),
  ...entries("runs commands", "subprocess _posixsubprocess multiprocessing concurrent asyncio platform"),
  ...entries(
    "runs Python code",
    "runpy code codeop bdb pdb cProfile profile doctest trace timeit ast symtable inspect dis",
  ),
  ...entries(
    "imports modules",
    "importlib imp pkgutil zipimport modulefinder site sysconfig _frozen_importlib _frozen_importlib_external _imp zipapp",
  ),
  ...entries(
    "builds Python code from bytes of the file",
    "marshal cloudpickle dill types joblib.externals.cloudpickle joblib.externals.loky",
  ),
  ...entries("loads further pickles", "pickle _pickle cPickle shelve pickletools dbm"),
  ...entries(
    "calls any function, or reaches any attribute",
    "operator _operator functools _functools itertools weakref",
  ),
  ...entries(
    "talks to the network",
    "socket _socket ssl urllib urllib2 http httplib requests aiohttp httpx ftplib smtplib poplib imaplib telnetlib xmlrpc webbrowser wsgiref socketserver",
  ),
  ...entries("calls native code", "ctypes _ctypes cffi numpy.ctypeslib mmap"),
  ...entries(
    "runs commands or serves pages",
    "pydoc pip setuptools distutils ensurepip venv idlelib lib2to3 turtledemo test unittest antigravity this nturl2path",
  ),
  ...entries(
    "steers the interpreter",
    "sys gc signal threading _thread atexit faulthandler resource builtins.__dict__ logging sched cmd",
  ),
  ...entries(
    "compiles and runs code",
    "numpy.f2py numpy.distutils numpy.testing torch.jit torch.hub torch.utils.cpp_extension",
  ),
  ...entries(
    "runs what it is configured to",
    "hydra yaml jinja2 mako django flask IPython ipykernel jupyter paramiko fabric invoke",
  ),
]);

/**
 * In plain words what somebody can do with a name; undefined for a name that nothing is known about.
 * A dotted name is one that reaches through a module: `os.system` of the module `sklearn.datasets._base`.
 */
export function danger(module: string, name: string): string | undefined {
  const normal = module === "__builtin__" ? "builtins" : module === "copy_reg" ? "copyreg" : module;
  const found = exact.get(`${normal}.${name}`) ?? packageDanger(normal);
  if (found !== undefined) return found;
  if (!name.includes(".")) return undefined;
  const parts = name.split(".", 8);
  for (let index = 0; index < parts.length - 1; index++) {
    const inner = danger(parts.slice(0, index + 1).join("."), parts.slice(index + 1).join("."));
    if (inner !== undefined) return `reaches through a module to ${parts.join(".")}, which ${inner}`;
  }
  return `reaches through ${normal} to a member of a member`;
}

function packageDanger(module: string): string | undefined {
  for (let end = module.length; end > 0; end = module.lastIndexOf(".", end - 1)) {
    const found = packages.get(module.slice(0, end));
    if (found !== undefined) return found;
  }
  return undefined;
}

function entries(words: string, names: string): [string, string][] {
  return names.split(" ").map((name) => [name, words]);
}
