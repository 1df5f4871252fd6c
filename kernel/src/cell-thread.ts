import type { Worker } from 'node:worker_threads';
import { Boxes } from './exec/boxes.js';
import { CellContexts } from './exec/cell-context.js';
import { CellInput } from './exec/cell-input.js';
import { CellOutput } from './exec/cell-output.js';
import { CellSources } from './exec/cell-sources.js';
import { Disposables } from './exec/disposables.js';
import { reportError } from './exec/error-report.js';
import { Executor, KernelExit } from './exec/executor.js';
import { ModuleLoader } from './exec/module-loader.js';
import { notebookGlobals } from './exec/notebook-globals.js';
import { hookProcess } from './exec/process-hooks.js';
import { tslabModule } from './exec/tslab-bridge.js';
import type { Inbox } from './inbox.js';
import { LocalShell } from './magics/local-shell.js';
import { magicList } from './magics/magic-help.js';
import { Magics } from './magics/magics.js';
import { shMagic } from './magics/sh-magic.js';
import { MAGIC_SPECS } from './magics/specs.js';
import type { OutputBudget } from './output-budget.js';
import type { SupervisedSession } from './session/supervised-session.js';
import type { Json } from './io/message.js';
import type { ExecuteRequest, ToIo, ToMain } from './thread-messages.js';
import { createVcRoom } from './vc/index.js';

export interface CellThreadOptions {
  readonly io: Worker;
  readonly inbox: Inbox;
  readonly session: SupervisedSession;
  readonly budget: OutputBudget;
  readonly cwd: string;
  readonly toIo: (message: ToIo) => void;
  readonly environment: NodeJS.ProcessEnv;
}

/** Makes this thread the one that runs cells. */
export function startCellThread(options: CellThreadOptions): void {
  const { io, session, budget, cwd, toIo, environment } = options;
  Error.stackTraceLimit = 30;
  const contexts = new CellContexts();
  const output = new CellOutput(toIo, budget);
  const input = new CellInput(toIo);
  const sources = new CellSources();
  const boxes = new Boxes();
  const disposables = new Disposables();
  const shell = new LocalShell();
  const define = (name: string, type: string, value: unknown): Promise<void> => executor.define(name, type, value);
  const vc = createVcRoom({ contexts, output, input, define, notebook: environment['JPY_SESSION_NAME'], run: environment['VCP_RUN'] });
  const magics = new Magics({
    specs: MAGIC_SPECS,
    variables: boxes,
    print: (context, text) => output.write(context.request.cell, 'stdout', text),
    handlers: {
      ...vc.handlers,
      sh: shMagic({ shell, output, cwd, define }),
      lsmagic: async ({ context }) => output.write(context.request.cell, 'stdout', `${magicList(MAGIC_SPECS)}\n`)
    }
  });
  const modules = new ModuleLoader(cwd, { tslab: tslabModule(contexts, output), '@jupyterlab-vcp/sdk': async () => vc.sdk, '@jupyterlab-vcp/sdk/wire': async () => vc.sdk });
  const executor: Executor = new Executor({ session, contexts, output, sources, boxes, disposables, magics, modules, present: vc.present });
  Object.assign(globalThis, notebookGlobals({ contexts, output, input, cwd }), vc.globals);

  const currentCell = (): number => contexts.current()?.request.cell ?? 0;
  const complain = (text: string, error: unknown): void => output.write(currentCell(), 'stderr', `${text}${reportError(error, sources).traceback.join('\n')}\n`);
  const exitProcess = hookProcess({
    write: (name, text) => output.write(currentCell(), name, text),
    exit: (exitCode) => {
      toIo({ type: 'exit', exitCode });
      throw new KernelExit('The kernel ends.');
    },
    onEscapedError: (what, error) => void (error instanceof KernelExit || complain(`${what} `, error)),
    onSigint: () => toIo({ type: 'interrupt' }),
    onSigterm: () => toIo({ type: 'exit', exitCode: 0 })
  });

  answerIo(options, {
    execute: (request) => executor.execute(request),
    interrupt: (cell) => executor.interrupt(cell),
    inputReply: (value) => input.receive(value),
    close: async () => {
      executor.interruptAny();
      shell.stopAll();
      for (const error of await disposables.releaseAll()) complain('', error);
    },
    exit: (exitCode) => void Promise.all([session.dispose(), io.terminate()]).finally(() => exitProcess(exitCode))
  });
}

interface CellThread {
  readonly execute: (request: ExecuteRequest) => Promise<Json>;
  readonly interrupt: (cell: number) => void;
  readonly inputReply: (value: string) => void;
  /** Closes what cells left open. */
  readonly close: () => Promise<void>;
  readonly exit: (exitCode: number) => void;
}

/** Does what the I/O thread asks for. */
function answerIo({ inbox, toIo }: CellThreadOptions, thread: CellThread): void {
  inbox.take((message: ToMain) => {
    switch (message.type) {
      case 'open':
        break;
      case 'execute':
        void thread.execute(message.request).then((reply) => toIo({ type: 'finished', cell: message.request.cell, reply }));
        break;
      case 'interrupt':
        toIo({ type: 'interrupt-received' });
        thread.interrupt(message.cell);
        break;
      case 'input-reply':
        thread.inputReply(message.value);
        break;
      case 'shutdown':
        void thread.close().then(() => toIo({ type: 'shutdown-done' }));
        break;
      case 'closed':
        thread.exit(message.exitCode);
        break;
    }
  });
}
