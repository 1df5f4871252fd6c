import type { CellContext } from '../exec/cell-context.js';
import type { MagicArguments } from './magic-arguments.js';
import type { MagicForm } from './magic-spec.js';

/** One call of a magic, with arguments read and variables put in. */
export interface MagicCall {
  /** The words that call it, for example `vc ps`. */
  readonly words: string;
  readonly form: MagicForm;
  readonly args: MagicArguments;
  /** The arguments as words, with variables put in. */
  readonly argumentText: string;
  readonly body: string;
  /** 1-based line of the magic in its cell. */
  readonly line: number;
  readonly context: CellContext;
}

/** Does the work of a magic; what it returns is what `const x = %magic` gets. */
export type MagicHandler = (call: MagicCall) => Promise<unknown>;
