import type { MessagePort } from 'node:worker_threads';
import { SessionPort, threadPort } from '../session/session-port.js';
import type { ToIo, ToMain } from '../thread-messages.js';
import type { OutputBudget } from '../output-budget.js';
import { ExecuteQueue, type QueuedCell } from './execute-queue.js';
import { History } from './history.js';
import { Interrupter } from './interrupter.js';
import { kernelInfo } from './kernel-info.js';
import type { KernelSockets, ReceivingChannel } from './kernel-sockets.js';
import { answerLanguageRequest } from './language-requests.js';
import type { IncomingMessage, Json, MessageHeader } from './message.js';
import { StreamCoalescer } from './stream-coalescer.js';

export interface IoServerOptions {
  readonly sockets: KernelSockets;
  readonly main: Pick<MessagePort, 'postMessage'>;
  readonly version: string;
  readonly budget: OutputBudget;
  readonly log: (text: string) => void;
}

const MAIN_CLOSE_LIMIT_MS = 2500;
const FORCE_EVERY_MS = 200;

/** Speaks the Jupyter protocol with front ends, and a smaller one with the thread that runs cells. */
export class IoServer {
  readonly #options: IoServerOptions;
  readonly #history = new History();
  readonly #interrupter: Interrupter;
  readonly #streams: StreamCoalescer;
  readonly #queue: ExecuteQueue;
  /** Headers of all cells, because a timer of the first may print when the thousandth runs. */
  readonly #parents = new Map<number, MessageHeader>();
  readonly #silent = new Set<number>();
  #session: Promise<SessionPort>;
  #provideSession: (session: SessionPort) => void = () => undefined;
  #lastCell = 0;
  #onMainDone: (() => void) | undefined;
  #isShuttingDown = false;

  constructor(options: IoServerOptions) {
    this.#options = options;
    this.#session = new Promise((resolve) => (this.#provideSession = resolve));
    this.#streams = new StreamCoalescer((cell, name, text) => {
      this.#publishNow('stream', { name, text }, this.#parents.get(cell));
      options.budget.release(text.length);
    });
    this.#queue = new ExecuteQueue({ start: (queued, request) => this.#start(queued, request), reply: (queued, content) => this.#finish(queued, content) });
    this.#interrupter = new Interrupter({
      runningCell: () => this.#queue.runningCell,
      requestAbort: (cell) => this.#toMain({ type: 'interrupt', cell })
    });
  }

  /** To be called when the sockets are open. */
  announce(): void {
    this.#publishNow('status', { execution_state: 'starting' }, undefined);
    this.#toMain({ type: 'open' });
  }

  onMessage(channel: ReceivingChannel, message: IncomingMessage): void {
    if (channel === 'stdin') {
      if (message.header.msg_type === 'input_reply') this.#toMain({ type: 'input-reply', value: String(message.content['value'] ?? '') });
      return;
    }
    if (message.header.msg_type === 'execute_request') {
      const cell = ++this.#lastCell;
      this.#parents.set(cell, message.header);
      if (message.content['silent'] === true) this.#silent.add(cell);
      this.#queue.push({ cell, message });
      return;
    }
    void this.#answer(channel, message);
  }

  onMainMessage(message: ToIo): void {
    switch (message.type) {
      case 'stream':
        if (this.#silent.has(message.cell)) this.#options.budget.release(message.text.length);
        else this.#streams.write(message.cell, message.name, message.text);
        break;
      case 'publish':
        this.#publishOfCell(message.cell, message.message);
        break;
      case 'finished':
        this.#queue.finish(message.cell, message.reply);
        break;
      case 'input':
        this.#requestInput(message.prompt, message.password);
        break;
      case 'interrupt-received':
        this.#interrupter.received();
        break;
      case 'interrupt':
        void this.#interrupter.onSignal();
        break;
      case 'exit':
        void this.shutdown(message.exitCode);
        break;
      case 'shutdown-done':
        this.#onMainDone?.();
        break;
      case 'session':
        this.#takeSession(message.port);
        break;
    }
  }

  /** Closes everything in order and lets the main thread end the process. */
  async shutdown(exitCode: number): Promise<void> {
    if (this.#isShuttingDown) return;
    this.#isShuttingDown = true;
    this.#streams.flush();
    this.#queue.close();
    await this.#closeMain();
    const running = this.#queue.running;
    if (running) this.#queue.finish(running.cell, { status: 'aborted', user_expressions: {}, payload: [] });
    this.#streams.flush();
    await this.#options.sockets.close();
    this.#interrupter.close();
    this.#toMain({ type: 'closed', exitCode });
  }

  /** Asks the main thread to clean up; code that does not let go of it is ended. */
  async #closeMain(): Promise<void> {
    const done = new Promise<void>((resolve) => (this.#onMainDone = resolve));
    this.#toMain({ type: 'shutdown' });
    const force = setInterval(() => this.#interrupter.terminateExecution(), FORCE_EVERY_MS);
    const limit = new Promise((resolve) => setTimeout(resolve, MAIN_CLOSE_LIMIT_MS));
    await Promise.race([done, limit]);
    clearInterval(force);
  }

  async #answer(channel: 'shell' | 'control', message: IncomingMessage): Promise<void> {
    const type = message.header.msg_type;
    this.#publish('status', { execution_state: 'busy' }, message.header);
    try {
      const content = await this.#answerContent(type, message.content, message.header);
      if (content) this.#options.sockets.reply(channel, message, { type: type.replace(/_request$/, '_reply'), content, metadata: {} });
    } catch (error) {
      const { name: ename = 'Error', message: evalue = String(error) } = error instanceof Error ? error : {};
      this.#options.sockets.reply(channel, message, { type: type.replace(/_request$/, '_reply'), content: { status: 'error', ename, evalue, traceback: [] }, metadata: {} });
    }
    this.#publish('status', { execution_state: 'idle' }, message.header);
    if (type === 'shutdown_request') void this.shutdown(0);
  }

  async #answerContent(type: string, content: Json, header: MessageHeader): Promise<Json | undefined> {
    switch (type) {
      case 'kernel_info_request':
        return kernelInfo(this.#options.version);
      case 'history_request':
        return { status: 'ok', history: this.#history.select(content) };
      case 'comm_info_request':
        return { status: 'ok', comms: {} };
      case 'comm_open':
        // No cell can register a target: the front end must know that nobody is at the other end.
        this.#publish('comm_close', { comm_id: content['comm_id'], data: {} }, header);
        return undefined;
      case 'interrupt_request':
        void this.#interrupter.interrupt();
        return { status: 'ok' };
      case 'shutdown_request': {
        const reply = { status: 'ok', restart: content['restart'] === true };
        this.#publish('shutdown_reply', reply, header);
        return reply;
      }
      case 'complete_request':
      case 'inspect_request':
      case 'is_complete_request':
        return answerLanguageRequest(await this.#session, type, content);
      default:
        // Comm messages for comms that are gone, and requests of later protocols, want no answer.
        return undefined;
    }
  }

  #start(queued: QueuedCell, request: Extract<ToMain, { type: 'execute' }>['request']): void {
    const { header, content } = queued.message;
    this.#publish('status', { execution_state: 'busy' }, header);
    if (!request.isSilent) {
      this.#publish('execute_input', { code: request.code, execution_count: request.executionCount }, header);
      if (content['store_history'] !== false) this.#history.add(request.executionCount, request.code);
    }
    this.#toMain({ type: 'execute', request });
  }

  #finish({ message }: QueuedCell, content: Json): void {
    const aborted = content['status'] === 'aborted';
    if (aborted) this.#publish('status', { execution_state: 'busy' }, message.header);
    this.#streams.flush();
    this.#options.sockets.reply('shell', message, { type: 'execute_reply', content, metadata: {} });
    this.#publish('status', { execution_state: 'idle' }, message.header);
  }

  #publishOfCell(cell: number, message: { readonly type: string; readonly content: Json; readonly metadata?: Json }): void {
    if (this.#silent.has(cell)) return;
    if (message.type === 'execute_result') {
      const text = (message.content['data'] as Json | undefined)?.['text/plain'];
      const line = message.content['execution_count'];
      if (typeof text === 'string' && typeof line === 'number') this.#history.setOutput(line, text);
    }
    this.#publish(message.type, message.content, this.#parents.get(cell));
  }

  #requestInput(prompt: string, password: boolean): void {
    const running = this.#queue.running;
    if (!running) return;
    this.#streams.flush();
    this.#options.sockets.reply('stdin', running.message, { type: 'input_request', content: { prompt, password }, metadata: {} });
  }

  #takeSession(port: MessagePort): void {
    const session = new SessionPort(threadPort(port));
    port.on('close', () => session.lose('The language session is being replaced.'));
    this.#provideSession(session);
    this.#session = Promise.resolve(session);
  }

  #publish(type: string, content: Json, parent: MessageHeader | undefined): void {
    this.#streams.flush();
    this.#publishNow(type, content, parent);
  }

  #publishNow(type: string, content: Json, parent: MessageHeader | undefined): void {
    this.#options.sockets.publish({ type, content, metadata: {} }, parent);
  }

  #toMain(message: ToMain): void {
    this.#options.main.postMessage(message);
  }
}
