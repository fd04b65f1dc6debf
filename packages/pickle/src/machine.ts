import { build, newObject, reduce } from "./construct.js";
import { appendItems, checkHashable, setEntries } from "./containers.js";
import { PickleDict } from "./dict.js";
import { malformed } from "./errors.js";
import type { Input } from "./input.js";
import { type Deadline, type ResolvedLimits, tooManyOpcodes } from "./limits.js";
import { binaryInteger, decimalFloat, decimalInteger, latin1, quotedString, rawUnicode } from "./literals.js";
import { Memo } from "./memo.js";
import type { Policy } from "./policy.js";
import { Stack } from "./stack.js";
import { takeByte, takeLength, takeLength8, takeMemoIndex, takeText, takeTextLine, takeUint } from "./operands.js";
import { PickleByteArray, PickleSet, PickleTuple, type PickleValue } from "./value.js";
import { weigh } from "./weight.js";

export interface MachineContext {
  readonly limits: ResolvedLimits;
  readonly deadline: Deadline;
  readonly policy: Policy;
  /** Asked after BUILD: joblib's wrappers become the arrays that follow them. Gives undefined for all else. */
  readonly afterBuild?: (target: PickleValue, input: Input) => PickleValue | undefined;
  /** Shared by nested pickles. */
  readonly count: { opcodes: number; protocol: number };
}

/** Opcodes between two looks at the limits. */
const pause = 4096;

/**
 * Runs one pickle, from where the input is to its STOP, and gives the value it leaves. The opcodes are those of
 * Python's `pickle.py`; what they build is inert.
 */
export function runPickle(input: Input, context: MachineContext): PickleValue {
  const { limits, policy, count } = context;
  const stack = new Stack();
  const memo = new Memo(limits.memo);
  let steps = 0;
  for (;;) {
    if (++steps >= pause) {
      count.opcodes += steps;
      steps = 0;
      context.deadline.check();
      if (count.opcodes > limits.opcodes) throw tooManyOpcodes(limits);
    }
    const offset = input.base + input.at;
    const opcode = takeByte(input);
    switch (opcode) {
      case 0x2e: // STOP
        count.opcodes += steps;
        if (count.opcodes > limits.opcodes) throw tooManyOpcodes(limits);
        return stack.pop();
      case 0x80: {
        // PROTO
        const protocol = takeByte(input);
        if (protocol > 5) throw malformed(`Protocol ${protocol} is not known`, offset);
        count.protocol = Math.max(count.protocol, protocol);
        break;
      }
      case 0x95: {
        // FRAME
        const length = takeLength8(input);
        if (length > input.remaining) input.need(length);
        break;
      }
      case 0x28: // MARK
        stack.mark();
        break;
      case 0x30: // POP
        stack.drop();
        break;
      case 0x31: // POP_MARK
        stack.popMark();
        break;
      case 0x32: // DUP
        stack.push(stack.peek());
        break;

      case 0x70: // PUT
        memo.set(takeMemoIndex(input, offset), stack.peek());
        break;
      case 0x71: // BINPUT
        memo.set(takeByte(input), stack.peek());
        break;
      case 0x72: // LONG_BINPUT
        memo.set(takeUint(input, 4), stack.peek());
        break;
      case 0x94: // MEMOIZE
        memo.set(memo.size, stack.peek());
        break;
      case 0x67: // GET
        stack.push(memo.get(takeMemoIndex(input, offset), offset));
        break;
      case 0x68: // BINGET
        stack.push(memo.get(takeByte(input), offset));
        break;
      case 0x6a: // LONG_BINGET
        stack.push(memo.get(takeUint(input, 4), offset));
        break;

      case 0x4e: // NONE
        stack.push(null);
        break;
      case 0x88: // NEWTRUE
        stack.push(true);
        break;
      case 0x89: // NEWFALSE
        stack.push(false);
        break;
      case 0x4a: // BININT
        stack.push(takeUint(input, 4) | 0);
        break;
      case 0x4b: // BININT1
        stack.push(takeByte(input));
        break;
      case 0x4d: // BININT2
        stack.push(takeUint(input, 2));
        break;
      case 0x47: {
        // BINFLOAT
        input.need(8);
        stack.push(input.view.getFloat64(input.at, false));
        input.at += 8;
        break;
      }
      case 0x8a: // LONG1
        stack.push(binaryInteger(input.take(takeByte(input)), limits.digits));
        break;
      case 0x8b: // LONG4
        stack.push(binaryInteger(input.take(takeLength(input, offset)), limits.digits));
        break;
      case 0x49: {
        // INT
        const text = latin1(input.takeLine());
        stack.push(text === "00" ? false : text === "01" ? true : decimalInteger(text, limits.digits));
        break;
      }
      case 0x4c: // LONG
        stack.push(decimalInteger(latin1(input.takeLine()).replace(/L$/, ""), limits.digits));
        break;
      case 0x46: // FLOAT
        stack.push(decimalFloat(latin1(input.takeLine())));
        break;

      case 0x8c: // SHORT_BINUNICODE
        stack.push(takeText(input, takeByte(input)));
        break;
      case 0x58: // BINUNICODE
        stack.push(takeText(input, takeUint(input, 4)));
        break;
      case 0x8d: // BINUNICODE8
        stack.push(takeText(input, takeLength8(input)));
        break;
      case 0x56: // UNICODE
        stack.push(rawUnicode(latin1(input.takeLine())));
        break;
      case 0x53: // STRING
        stack.push(quotedString(latin1(input.takeLine())));
        break;
      case 0x55: // SHORT_BINSTRING
        stack.push(latin1(input.take(takeByte(input))));
        break;
      case 0x54: // BINSTRING
        stack.push(latin1(input.take(takeLength(input, offset))));
        break;
      case 0x43: // SHORT_BINBYTES
        stack.push(input.take(takeByte(input)));
        break;
      case 0x42: // BINBYTES
        stack.push(input.take(takeUint(input, 4)));
        break;
      case 0x8e: // BINBYTES8
        stack.push(input.take(takeLength8(input)));
        break;
      case 0x96: // BYTEARRAY8
        stack.push(new PickleByteArray(input.take(takeLength8(input))));
        break;

      case 0x29: // EMPTY_TUPLE
        stack.push(new PickleTuple([]));
        break;
      case 0x85: // TUPLE1
        stack.push(new PickleTuple([stack.pop()]));
        break;
      case 0x86: {
        // TUPLE2
        const second = stack.pop();
        stack.push(new PickleTuple([stack.pop(), second]));
        break;
      }
      case 0x87: {
        // TUPLE3
        const third = stack.pop();
        const second = stack.pop();
        stack.push(new PickleTuple([stack.pop(), second, third]));
        break;
      }
      case 0x74: // TUPLE
        stack.push(new PickleTuple(stack.popMark()));
        break;
      case 0x5d: // EMPTY_LIST
        stack.push([]);
        break;
      case 0x6c: // LIST
        stack.push(stack.popMark());
        break;
      case 0x7d: // EMPTY_DICT
        stack.push(new PickleDict());
        break;
      case 0x64: {
        // DICT
        const dict = new PickleDict();
        setEntries(dict, stack.popMark(), offset);
        stack.push(dict);
        break;
      }
      case 0x8f: // EMPTY_SET
        stack.push(new PickleSet([], false));
        break;
      case 0x91: // FROZENSET
        stack.push(new PickleSet(checkHashable(stack.popMark(), offset), true));
        break;
      case 0x61: {
        // APPEND
        const item = stack.pop();
        appendItems(stack.peek(), [item], offset);
        break;
      }
      case 0x65: {
        // APPENDS
        const items = stack.popMark();
        appendItems(stack.peek(), items, offset);
        break;
      }
      case 0x73: {
        // SETITEM
        const value = stack.pop();
        const key = stack.pop();
        setEntries(stack.peek(), [key, value], offset);
        break;
      }
      case 0x75: {
        // SETITEMS
        const items = stack.popMark();
        setEntries(stack.peek(), items, offset);
        break;
      }
      case 0x90: {
        // ADDITEMS
        const items = checkHashable(stack.popMark(), offset);
        const target = stack.peek();
        if (!(target instanceof PickleSet) || target.frozen)
          throw malformed("ADDITEMS on something that is no set", offset);
        for (const item of items) target.items.push(item);
        break;
      }

      case 0x63: {
        // GLOBAL
        const module = takeTextLine(input);
        const name = takeTextLine(input);
        stack.push(policy.global(module, name, offset));
        break;
      }
      case 0x93: {
        // STACK_GLOBAL
        const name = stack.pop();
        stack.push(policy.global(stack.pop(), name, offset));
        break;
      }
      case 0x52: {
        // REDUCE
        const args = stack.pop();
        steps += weigh(args);
        const callable = stack.pop();
        try {
          stack.push(reduce(callable, args, policy, offset));
        } catch (error) {
          stack.push(policy.trouble(error, offset));
        }
        break;
      }
      case 0x81: // NEWOBJ
      case 0x92: {
        // NEWOBJ_EX
        const keywords = opcode === 0x92 ? stack.pop() : undefined;
        const args = stack.pop();
        const type = stack.pop();
        try {
          stack.push(newObject(type, args, keywords, policy, offset));
        } catch (error) {
          stack.push(policy.trouble(error, offset));
        }
        break;
      }
      case 0x62: {
        // BUILD
        const state = stack.pop();
        steps += weigh(state);
        const target = stack.peek();
        try {
          build(target, state, policy, offset);
        } catch (error) {
          stack.replace(policy.trouble(error, offset));
          break;
        }
        const array = context.afterBuild?.(target, input);
        if (array !== undefined) stack.replace(array);
        break;
      }
      case 0x69: {
        // INST
        const module = takeTextLine(input);
        const name = takeTextLine(input);
        const type = policy.global(module, name, offset);
        stack.push(policy.oldInstance(type, stack.popMark(), "INST", offset));
        break;
      }
      case 0x6f: {
        // OBJ
        const [type, ...args] = stack.popMark();
        if (type === undefined) throw malformed("OBJ without a class", offset);
        stack.push(policy.oldInstance(type, args, "OBJ", offset));
        break;
      }
      case 0x50: // PERSID
        stack.push(policy.persistent(latin1(input.takeLine()), offset));
        break;
      case 0x51: // BINPERSID
        stack.push(policy.persistent(stack.pop(), offset));
        break;
      case 0x82: // EXT1
        stack.push(policy.extension(takeByte(input), offset));
        break;
      case 0x83: // EXT2
        stack.push(policy.extension(takeUint(input, 2), offset));
        break;
      case 0x84: // EXT4
        stack.push(policy.extension(takeLength(input, offset), offset));
        break;
      case 0x97: // NEXT_BUFFER
      case 0x98: // READONLY_BUFFER
        throw malformed("The pickle refers to buffers that are kept outside of the file", offset);
      default:
        throw malformed(`${opcode} is no opcode of a pickle`, offset);
    }
  }
}
