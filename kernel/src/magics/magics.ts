import type { CellContext } from '../exec/cell-context.js';
import type { MagicRunner } from '../exec/executor.js';
import { splitWords } from './argument-words.js';
import { findCellMagic } from './cell-magic.js';
import { interpolate, interpolateArgument, type Variables } from './interpolation.js';
import { parseCall } from './magic-arguments.js';
import type { MagicHandler } from './magic-call.js';
import { commandHelp, magicHelp } from './magic-help.js';
import type { MagicForm, MagicSpec } from './magic-spec.js';
import { nearestName } from './nearest-name.js';
import { UsageError } from './usage-error.js';

export interface MagicsOptions {
  readonly specs: readonly MagicSpec[];
  /** By the words that call the command: `sh`, `vc ps`. */
  readonly handlers: Readonly<Record<string, MagicHandler>>;
  readonly variables: Variables;
  readonly print: (context: CellContext, text: string) => void;
}

/** Finds the magic that a cell or line calls, reads its arguments by its declaration, and runs it. */
export class Magics implements MagicRunner {
  readonly #options: MagicsOptions;

  constructor(options: MagicsOptions) {
    this.#options = options;
  }

  cell(code: string, context: CellContext): Promise<{ readonly value: unknown }> | undefined {
    const magic = findCellMagic(code);
    if (!magic) return undefined;
    const { name, args, body, line } = magic;
    return this.#run('cell', name, args, body, line, context).then(() => ({ value: undefined }));
  }

  line(name: string, args: string, line: number, context: CellContext): Promise<unknown> {
    return this.#run('line', name, args, '', line, context);
  }

  async #run(form: MagicForm, name: string, args: string, body: string, line: number, context: CellContext): Promise<unknown> {
    const { variables, handlers, print } = this.#options;
    const spec = this.#find(name, form);
    const words = splitWords(args).map((word) => interpolateArgument(word, variables, line));
    const call = parseCall(spec, form, words);
    if (call.helpWanted) {
      print(context, `${call.words === spec.name ? magicHelp(spec) : commandHelp(call.words, call.command)}\n`);
      return undefined;
    }
    const handler = handlers[call.words];
    if (!handler) throw new Error(`The magic ${call.words} is declared, but nothing runs it.`);
    const text = interpolate(body, call.command.body, variables, line + 1);
    return handler({ words: call.words, form, args: call.args, argumentText: JSON.stringify(words), body: text, line, context });
  }

  #find(name: string, form: MagicForm): MagicSpec {
    const { specs } = this.#options;
    const spec = specs.find((candidate) => candidate.name === name);
    if (spec) return spec;
    const prefix = form === 'cell' ? '%%' : '%';
    const near = nearestName(name, specs.map((candidate) => candidate.name));
    const modulo = form === 'line' ? ' (A remainder operator at the start of a line needs a blank before or after it.)' : '';
    throw new UsageError(`There is no magic ${prefix}${name}.${modulo}`, near ? `Did you mean ${prefix}${near}?` : '%lsmagic lists all magics.');
  }
}
