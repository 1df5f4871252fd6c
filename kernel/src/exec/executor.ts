import { Script } from 'node:vm';
import type { Session, CompiledCell } from '../session/session.js';
import type { Json } from '../io/message.js';
import type { ExecuteRequest } from '../thread-messages.js';
import type { Boxes } from './boxes.js';
import { CellContext, type CellContexts } from './cell-context.js';
import type { CellOutput } from './cell-output.js';
import type { CellSources } from './cell-sources.js';
import type { Disposables } from './disposables.js';
import { reportError, TypeScriptError, type ErrorReport } from './error-report.js';
import { Interrupted } from './interrupted.js';
import { bundleOf, completeBundle, type MimeBundle } from './mime-bundle.js';
import type { ModuleLoader } from './module-loader.js';

/** Runs magics; the executor knows of them only this. */
export interface MagicRunner {
  /** Runs the cell if a `%%magic` takes it; `undefined` when it is an ordinary cell. */
  cell(code: string, context: CellContext): Promise<{ readonly value: unknown }> | undefined;
  line(name: string, args: string, line: number, context: CellContext): Promise<unknown>;
}

export interface ExecutorOptions {
  readonly session: Pick<Session, 'compile'>;
  readonly contexts: CellContexts;
  readonly output: CellOutput;
  readonly sources: CellSources;
  readonly boxes: Boxes;
  readonly modules: Pick<ModuleLoader, 'load'>;
  readonly disposables: Disposables;
  readonly magics: MagicRunner;
  /** Representations of values that the kernel knows better than an inspector; `undefined` for others. */
  readonly present: (value: unknown) => MimeBundle | undefined;
}

/** A cell called `process.exit`: nothing after the call may run. */
export class KernelExit extends Error {
  override readonly name = 'KernelExit';
}

/** What a compiled cell receives as its first argument. */
interface CellKernel {
  mark: number;
  readonly module: ModuleLoader['load'];
  readonly magic: (index: number) => Promise<unknown>;
  readonly use: (name: string, value: unknown, isAsync: boolean) => unknown;
}

type CellFunction = (kernel: CellKernel, boxes: unknown) => Promise<unknown>;

/** Runs cells on the thread that belongs to them. */
export class Executor {
  readonly #options: ExecutorOptions;
  /** Calls the current cell from inside a script, because only code in a script can be stopped by SIGINT. */
  readonly #trampoline = new Script('globalThis[Symbol.for("vcp.cell")]()', { filename: 'node:vcp' });
  #running: CellContext | undefined;

  constructor(options: ExecutorOptions) {
    this.#options = options;
    Object.defineProperty(globalThis, Symbol.for('vcp.cell'), { value: () => this.#enter?.(), enumerable: false });
  }

  #enter: (() => unknown) | undefined;

  /** Stops the cell, if it is still the one that runs: a late interrupt must not hit the next. */
  interrupt(cell: number): void {
    if (this.#running?.request.cell === cell) this.#running.interrupt();
  }

  /** Stops whatever runs, because the kernel ends. */
  interruptAny(): void {
    this.#running?.interrupt();
  }

  /** Runs one cell and returns the content of its reply. Never rejects. */
  async execute(request: ExecuteRequest): Promise<Json> {
    const { contexts, output, sources } = this.#options;
    const context = new CellContext(request, sources.uniqueName(String(request.executionCount)));
    this.#running = context;
    try {
      const outcome = await contexts.run(context, () => this.#settle(context));
      if (!('failed' in outcome)) return outcome.reply;
      const report = this.#report(outcome.failed, context);
      output.publish(request.cell, 'error', { ...report });
      return { status: 'error', ...report, user_expressions: {}, payload: context.payload };
    } finally {
      this.#running = undefined;
    }
  }

  /** Gives a value of the kernel a name and a type that later cells see. */
  async define(name: string, type: string, value: unknown): Promise<void> {
    const { session, boxes, disposables } = this.#options;
    const compiled = await session.compile({ code: `let ${name}: ${type} = __vcpMagic(0)`, filename: name, commit: true });
    if (compiled.kind === 'refused') throw new Error(`The variable ${name} cannot be declared: ${compiled.diagnostics[0]?.message ?? ''}`);
    await disposables.release([name]);
    boxes.box(name).v = value;
  }

  async #settle(context: CellContext): Promise<{ readonly reply: Json } | { readonly failed: unknown }> {
    const { request } = context;
    try {
      const value = await Promise.race([this.#run(context), context.interruption]);
      const bundle = request.isSilent ? undefined : (this.#options.present(value) ?? (await bundleOf(value)));
      if (bundle) this.#options.output.result(request.cell, bundle, request.executionCount);
      const expressions = await this.#evaluateAll(context);
      return { reply: { status: 'ok', user_expressions: expressions, payload: context.payload } };
    } catch (failed) {
      if (failed instanceof KernelExit) return { reply: { status: 'ok', user_expressions: {}, payload: context.payload } };
      return { failed };
    }
  }

  async #run(context: CellContext): Promise<unknown> {
    const { code } = context.request;
    const magic = this.#options.magics.cell(code, context);
    if (magic) return (await magic).value;
    const compiled = await this.#compile(code, context.filename, true);
    return this.#call(compiled, context.filename, context);
  }

  async #compile(code: string, filename: string, commit: boolean): Promise<CompiledCell> {
    const { session, sources } = this.#options;
    const compiled = await session.compile({ code, filename, commit });
    if (compiled.kind === 'refused') throw new TypeScriptError(filename, code, compiled.diagnostics, compiled.omitted);
    sources.add(filename, code, compiled.map);
    return compiled;
  }

  async #call(compiled: CompiledCell, filename: string, context: CellContext): Promise<unknown> {
    const { boxes, disposables, modules, magics } = this.#options;
    const kernel: CellKernel = {
      mark: 0,
      module: (specifier, options) => modules.load(specifier, options),
      magic: async (index) => {
        const magic = compiled.magics[index];
        return magic && magics.line(magic.name, magic.args, magic.line, context);
      },
      use: (name, value, isAsync) => disposables.hold(name, value, isAsync)
    };
    // The wrapper puts one line before the code.
    const script = new Script(compiled.js, { filename, lineOffset: -1 });
    await disposables.release(compiled.declares.map(({ name }) => name));
    context.signal.throwIfAborted();
    await new Promise((resolve) => setImmediate(resolve));
    try {
      const run = script.runInThisContext() as CellFunction;
      return await this.#enterScript(() => run(kernel, boxes.pick(compiled.boxes)));
    } catch (error) {
      this.#forgetUnset(compiled, kernel.mark);
      throw error;
    }
  }

  /** A name whose statement was not reached has no value of its new type, and must not keep one of its old type. */
  #forgetUnset(compiled: CompiledCell, mark: number): void {
    for (const declared of compiled.declares) {
      if (compiled.hasMarks && declared.mark > mark) this.#options.boxes.box(declared.name).v = undefined;
    }
  }

  #enterScript(enter: () => unknown): unknown {
    this.#enter = enter;
    try {
      return this.#trampoline.runInThisContext({ breakOnSigint: true }) as unknown;
    } finally {
      this.#enter = undefined;
    }
  }

  async #evaluateAll(context: CellContext): Promise<Json> {
    const results: Record<string, Json> = {};
    for (const [name, expression] of Object.entries(context.request.userExpressions)) {
      const filename = this.#options.sources.uniqueName(`expression ${name}`);
      try {
        const compiled = await this.#compile(expression, filename, false);
        const value = await Promise.race([this.#call(compiled, filename, context), context.interruption]);
        results[name] = { status: 'ok', data: completeBundle((await bundleOf(value)) ?? { 'text/plain': 'undefined' }), metadata: {} };
      } catch (error) {
        results[name] = { status: 'error', ...this.#report(error, context) };
      }
    }
    return results;
  }

  #report(error: unknown, context: CellContext): ErrorReport {
    const wasStopped = error instanceof Error && Reflect.get(error, 'code') === 'ERR_SCRIPT_EXECUTION_INTERRUPTED';
    return reportError(wasStopped || context.signal.aborted ? new Interrupted() : error, this.#options.sources);
  }
}
