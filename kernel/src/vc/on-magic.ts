import { VcpSDK, type VcNode } from '@jupyterlab-vcp/sdk';
import { VcpError, isVcpError, parseTarget } from '@jupyterlab-vcp/sdk/wire';
import type { MagicCall, MagicHandler } from '../magics/magic-call.js';
import { MagicError } from '../magics/magic-error.js';
import { UsageError } from '../magics/usage-error.js';
import { ending, hasFailed, onBundle, onRunningBundle, type NodeOutcome } from './on-view.js';
import { lineBundle } from './table-bundle.js';
import type { VcContext } from './vc-context.js';

const SHOW_EVERY_MS = 250;
const MOST_AT_ONCE = 64;

/** `%%on TARGET`: the body runs on every node of the target at the same time. */
export function onMagic(vc: VcContext): MagicHandler {
  return async (call) => {
    const { args, context } = call;
    const target = args.text('TARGET');
    const name = vcOfTarget(vc, target, args.optionalText('vc'));
    const nodes = await new VcpSDK({ name, client: vc.client }).nodes(target, { signal: context.signal });
    const view = new OnView(vc, call, name, nodes);
    const outcomes = await runOnAll(nodes, call, view);
    const into = args.optionalText('into');
    const results = outcomes.flatMap((outcome) => ('result' in outcome ? [outcome.result] : []));
    if (into !== undefined) await vc.define(into, 'import("@jupyterlab-vcp/sdk").ExecResult[]', results);
    view.finish(outcomes, into);
    const failed = outcomes.filter(hasFailed);
    if (failed.length > 0) {
      const what = failed.map((outcome) => `${outcome.node} (${ending(outcome)})`);
      throw new MagicError(`${failed.length} of ${outcomes.length} nodes of ${name} failed: ${what.join(', ')}`);
    }
    return results;
  };
}

function vcOfTarget(vc: VcContext, target: string, named: string | undefined): string {
  const names = new Set(parseTarget(target).map((part) => vc.vcOf(part.vc ?? named)));
  const [name] = names;
  if (name === undefined || names.size > 1) throw new VcpError('invalid_request', `${target} names nodes of several virtual clouds.`, { hint: 'Use a cell for each.' });
  return name;
}

async function runOnAll(nodes: readonly VcNode[], call: MagicCall, view: OnView): Promise<readonly NodeOutcome[]> {
  const { args, body, context } = call;
  const timeoutMs = args.optionalDurationMs('timeout');
  const container = args.optionalText('container');
  const options = { env: environment(args.list('env')), signal: context.signal, ...(timeoutMs !== undefined && { timeoutMs }), ...(container !== undefined && { container }) };
  const outcomes: NodeOutcome[] = [];
  const waiting = [...nodes.entries()];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [index, node] = next;
      const onOutput = (_stream: 'stdout' | 'stderr', data: string): void => view.say(node.name, data);
      outcomes[index] = await node.exec(body, { ...options, onOutput }).then(
        (result) => ({ node: node.name, result }),
        (error: unknown) => problemOf(node, error, context.signal)
      );
      view.done();
    }
  };
  await Promise.all(Array.from({ length: Math.min(MOST_AT_ONCE, nodes.length) }, work));
  return outcomes;
}

/** One node that cannot be reached must not hide what the others said. */
function problemOf(node: VcNode, error: unknown, signal: AbortSignal): NodeOutcome {
  if (signal.aborted || !isVcpError(error)) throw error;
  return { node: node.name, problem: error.hint === undefined ? error.message : `${error.message} ${error.hint}` };
}

function environment(words: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    words.map((word) => {
      const match = /^([A-Za-z_]\w*)=([\s\S]*)$/.exec(word);
      const [, name = '', value = ''] = match ?? [];
      if (!match) throw new UsageError(`"${word}" does not set a variable.`, 'Write --env NAME=VALUE.');
      if (/^(?:secret|vault):\/\//.test(value)) throw new UsageError(`${name} is given a reference to a secret, which this version cannot resolve.`, 'Put the value on the nodes by other means.');
      return [name, value];
    })
  );
}

/** The output of all nodes in one place of the cell. */
class OnView {
  readonly #vc: VcContext;
  readonly #cell: number;
  readonly #name: string;
  readonly #lastLines: Map<string, string>;
  #displayId: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #done = 0;
  #isFinished = false;

  constructor(vc: VcContext, { context }: MagicCall, name: string, nodes: readonly VcNode[]) {
    this.#vc = vc;
    this.#cell = context.request.cell;
    this.#name = name;
    this.#lastLines = new Map(nodes.map((node) => [node.name, '']));
    context.signal.addEventListener('abort', () => this.#stop(), { once: true });
  }

  say(node: string, data: string): void {
    const last = data.trimEnd().split('\n').at(-1);
    if (last) this.#lastLines.set(node, last.slice(0, 160));
    this.#showSoon();
  }

  done(): void {
    this.#done++;
    this.#showSoon();
  }

  finish(outcomes: readonly NodeOutcome[], into: string | undefined): void {
    this.#isFinished = true;
    clearTimeout(this.#timer);
    this.#show(onBundle(this.#name, outcomes, into === undefined ? '' : ` → ${into}`));
  }

  #stop(): void {
    if (this.#isFinished) return;
    this.#isFinished = true;
    clearTimeout(this.#timer);
    this.#show(lineBundle(`⊘ ${this.#name}: stopped on ${[...this.#lastLines.keys()].join(', ')}`));
  }

  #showSoon(): void {
    if (this.#isFinished) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      if (!this.#isFinished) this.#show(onRunningBundle(this.#name, this.#lastLines, this.#done));
    }, SHOW_EVERY_MS);
  }

  #show(bundle: Parameters<VcContext['output']['display']>[1]): void {
    if (this.#displayId === undefined) this.#displayId = this.#vc.output.display(this.#cell, bundle);
    else this.#vc.output.updateDisplay(this.#cell, this.#displayId, bundle);
  }
}
