/** NumPy's universal functions: as arguments of FunctionTransformer and its like. */
export const universalFunctions: ReadonlySet<string> = words(`
  abs absolute acos acosh add arccos arccosh arcsin arcsinh arctan arctan2 arctanh asin asinh atan atan2 atanh
  bitwise_and bitwise_count bitwise_invert bitwise_left_shift bitwise_not bitwise_or bitwise_right_shift
  bitwise_xor cbrt ceil conj conjugate copysign cos cosh deg2rad degrees divide divmod equal exp exp2 expm1 fabs
  float_power floor floor_divide fmax fmin fmod frexp gcd greater greater_equal heaviside hypot invert isfinite
  isinf isnan isnat lcm ldexp left_shift less less_equal log log10 log1p log2 logaddexp logaddexp2 logical_and
  logical_not logical_or logical_xor matmul matvec maximum minimum mod modf multiply negative nextafter not_equal
  positive pow power rad2deg radians reciprocal remainder right_shift rint sign signbit sin sinh spacing sqrt
  square subtract tan tanh true_divide trunc vecdot vecmat
`);

/** NumPy's scalar types, which stand for dtypes. */
export const numpyTypes: ReadonlySet<string> = words(`
  bool bool_ bytes_ cdouble character clongdouble complex complex128 complex256 complex64 complex_ complexfloating
  csingle datetime64 double flexible float float128 float16 float32 float64 float_ floating generic half inexact
  int int16 int32 int64 int8 int_ intc integer intp long longdouble longlong number object object_ signedinteger
  single str str_ string_ timedelta64 uint uint16 uint32 uint64 uint8 uintc uintp ulong ulonglong unicode_
  unsignedinteger void
`);

function words(text: string): ReadonlySet<string> {
  return new Set(text.trim().split(/\s+/));
}
