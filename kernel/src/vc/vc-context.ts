import { createHash } from 'node:crypto';
import { revivingClient, type ChangeOptions, type Defaults, type VcpClient } from '@jupyterlab-vcp/sdk';
import { VcpError, type Origin } from '@jupyterlab-vcp/sdk/wire';
import type { CellContext, CellContexts } from '../exec/cell-context.js';
import type { CellInput } from '../exec/cell-input.js';
import type { CellOutput } from '../exec/cell-output.js';
import type { MagicCall } from '../magics/magic-call.js';

export interface VcContextOptions {
  readonly contexts: CellContexts;
  readonly output: CellOutput;
  readonly input: CellInput;
  /** Path of the notebook as Jupyter knows it, and the headless run it belongs to. */
  readonly notebook: string | undefined;
  readonly run: string | undefined;
  /** Gives a value a name and a type that later cells see. */
  readonly define: (name: string, type: string, value: unknown) => Promise<void>;
}

/** What magics and SDK calls of one notebook have in common: the controller, the virtual cloud in use, and who asks. */
export class VcContext {
  readonly client: VcpClient;
  readonly contexts: CellContexts;
  readonly output: CellOutput;
  readonly input: CellInput;
  readonly define: VcContextOptions['define'];
  readonly #options: VcContextOptions;
  /** Revision that a virtual cloud had when a cell last ended a change of it. */
  readonly #revisions = new Map<string, number>();
  #inUse: string | undefined;

  constructor(options: VcContextOptions) {
    this.#options = options;
    this.contexts = options.contexts;
    this.output = options.output;
    this.input = options.input;
    this.define = options.define;
    this.client = revivingClient({
      origin: { client: 'kernel' },
      onStarting: (message) => this.output.write(this.contexts.current()?.request.cell ?? 0, 'stderr', `${message}\n`)
    });
  }

  /** The virtual cloud that a command without a name means. */
  get inUse(): string | undefined {
    return this.#inUse;
  }

  use(name: string | undefined): void {
    this.#inUse = name;
  }

  /** @throws VcpError invalid_request when none is named and none is in use. */
  vcOf(named: string | undefined): string {
    const name = named ?? this.#inUse;
    if (name === undefined) throw new VcpError('invalid_request', 'No virtual cloud is named, and none is in use.', { hint: 'Choose one with: %vc use NAME. %vc ps lists them.' });
    return name;
  }

  /**
   * Who asks and under which key. A cell that is run again with the same text sends the same key, and so finds its own
   * operation again while that is unfinished or its result never arrived.
   */
  change(cell: CellContext, source: string): ChangeOptions {
    const { signal } = cell;
    const idempotencyKey = this.#key(cell, source);
    return { signal, origin: this.#origin(cell), ...(idempotencyKey !== undefined && { idempotencyKey }) };
  }

  /** The same for a magic: its text after variables were put in is what was asked. */
  changeOf(call: MagicCall): ChangeOptions {
    return this.change(call.context, `${call.words}\n${call.argumentText}\n${call.body}`);
  }

  /** Remembers up to where this cell knows the virtual cloud. */
  rememberRevision(cell: CellContext, vc: string, revision: number): void {
    if (cell.request.cellId !== undefined) this.#revisions.set(JSON.stringify([cell.request.cellId, vc]), revision);
  }

  /** The revision that this cell saw last, if it ran before in this kernel. */
  knownRevision(cell: CellContext, vc: string): number | undefined {
    return this.#revisions.get(JSON.stringify([cell.request.cellId, vc]));
  }

  /** What SDK calls of the running cell use when they are not told otherwise. */
  defaults(extra: Pick<Defaults, 'onProgress' | 'ask'>): Defaults {
    const cell = this.contexts.current();
    return {
      client: this.client,
      ...(this.#inUse !== undefined && { vc: this.#inUse }),
      ...(cell && { signal: cell.signal, origin: this.#origin(cell), ...extra, ...this.#keys(cell) })
    };
  }

  #keys(cell: CellContext): Pick<Defaults, 'idempotencyKey'> {
    if (cell.request.cellId === undefined) return {};
    return { idempotencyKey: () => this.#key(cell, cell.request.code) ?? '' };
  }

  /** No key without an identity of the cell: two lines of a console are two wishes, even when they read the same. */
  #key(cell: CellContext, source: string): string | undefined {
    const { cellId } = cell.request;
    const lineage = this.#options.run ?? this.#options.notebook;
    const ordinal = cell.nextCallOrdinal();
    if (cellId === undefined || lineage === undefined) return undefined;
    return createHash('sha256').update(JSON.stringify([lineage, cellId, source, ordinal])).digest('base64url');
  }

  #origin(cell: CellContext): Origin {
    const { notebook, run } = this.#options;
    const { cellId } = cell.request;
    return { client: 'kernel', ...(notebook !== undefined && { notebook }), ...(run !== undefined && { run }), ...(cellId !== undefined && { cell: cellId }) };
  }
}
