import { isFinished, type OperationView, type VcpEvent } from '../../wire/index.js';
import { UsageError, type Command } from '../command.js';
import { table } from '../terminal.js';
import { duration, errorText, operationLine, state } from '../wording.js';
import { VcpError } from '../../wire/index.js';

export const opsCommand: Command = {
  name: 'ops', words: '[VC]', summary: 'list operations, newest first', options: { open: { summary: 'only unfinished ones' }, limit: { value: 'N', summary: 'how many (20)' } },
  async run(invocation, context) {
    const client = await context.client();
    const page = await client.listOperations({ vc: invocation.words[0], limit: invocation.number('limit') ?? 20, ...(invocation.flag('open') ? { open: true } : {}) }, { signal: context.signal });
    context.print(page.items, page.items.length === 0 ? 'No operations.' : table(['ID', 'STATE', 'WHAT', 'DONE', 'TIME', 'BY'], page.items.map(row)));
    return 0;
  }
};

function row(view: OperationView): readonly string[] {
  return [view.id, state(view.state), view.title, `${view.progress.done}/${view.progress.total}`, duration(view.timing.totalMs), view.actor];
}

export const opCancelCommand: Command = {
  name: 'op cancel', words: 'ID', summary: 'stop an operation; one that ends first has succeeded',
  async run(invocation, context) {
    const client = await context.client();
    const view = await client.cancelOperation(invocation.words[0]!, { signal: context.signal });
    context.print(view, isFinished(view.state) ? operationLine(view) : `${view.title}: is being stopped`);
    return 0;
  }
};

export const opShowCommand: Command = {
  name: 'op show', words: 'ID', summary: 'show one operation with its steps',
  async run(invocation, context) {
    const client = await context.client();
    const view = await client.getOperation(invocation.words[0]!, { signal: context.signal });
    const steps = table(['STEP', 'STATE', 'PHASE', 'ERROR'], view.resources.map(resource => [`${resource.kind} ${resource.name}`, resource.state, resource.phase, resource.error?.message ?? '']));
    const error = view.error === undefined ? [] : [errorText(VcpError.from(view.error as Parameters<typeof VcpError.from>[0]))];
    context.print(view, [operationLine(view), ...(view.resources.length === 0 ? [] : [steps]), ...error].join('\n'));
    return view.state === 'needs-attention' ? 3 : 0;
  }
};

export const eventsCommand: Command = {
  name: 'events', words: '[VC]', summary: 'follow events until Ctrl-C', options: { after: { value: 'SEQ', summary: 'begin after this event (0: with the oldest held)' }, count: { value: 'N', summary: 'end after so many' } },
  async run(invocation, context) {
    const client = await context.client();
    const most = invocation.number('count');
    if (most === 0) throw new UsageError('--count wants at least 1');
    let seen = 0;
    for await (const event of client.events({ vc: invocation.words[0], after: invocation.number('after') }, { signal: context.signal })) {
      context.terminal.out(`${context.json ? JSON.stringify(event) : line(event)}\n`);
      seen += 1;
      if (seen === most) break;
    }
    return 0;
  }
};

function line(event: VcpEvent): string {
  const words = ['name', 'state', 'phase', 'message', 'reason', 'title'].flatMap(key => (typeof event.data[key] === 'string' ? [event.data[key]] : []));
  return [String(event.seq).padStart(6), event.at, event.type.padEnd(17), event.vc ?? '', ...words].join('  ').trimEnd();
}
