import { VcpError, isVcpError, type NodeView, type OperationView, type VcView, type VcpEvent } from '@jupyterlab-vcp/sdk/wire';
import type { MagicCall, MagicHandler } from '../magics/magic-call.js';
import { vcBundle } from './present.js';
import { lineBundle, tablesBundle } from './table-bundle.js';
import type { VcContext } from './vc-context.js';
import { duration, localTime, plural, price, state } from './wording.js';

const PAGE = 500;
const DEFAULT_LIMIT = 20;
/** Events are found by number, and those of one virtual cloud lie among others. */
const EVENTS_LOOKED_AT = 2000;

/** `%vc ps`: virtual clouds, or the units and nodes of one. */
export function psMagic(vc: VcContext): MagicHandler {
  return async (call) => {
    const { signal } = call.context;
    const name = call.args.flag('all') ? undefined : (call.args.optionalText('NAME') ?? vc.inUse);
    if (name === undefined || (await isGone(vc, call, name))) return listVcs(vc, call);
    const [view, nodes] = await Promise.all([vc.client.getVc(name, { signal }), allNodes(vc, name, signal)]);
    vc.output.display(call.context.request.cell, vcBundle(view, nodes));
    return { vc: view, nodes };
  };
}

/** Whether the one in use is no more, deleted by somebody else or by the SDK: then nothing is in use. */
async function isGone(vc: VcContext, call: MagicCall, name: string): Promise<boolean> {
  if (call.args.optionalText('NAME') !== undefined) return false;
  try {
    await vc.client.getVc(name, { signal: call.context.signal });
    return false;
  } catch (error) {
    if (!isVcpError(error) || error.code !== 'not_found') throw error;
    vc.use(undefined);
    vc.output.write(call.context.request.cell, 'stdout', `${name} does not exist any more; no virtual cloud is in use.\n`);
    return true;
  }
}

async function listVcs(vc: VcContext, call: MagicCall): Promise<readonly VcView[]> {
  const vcs: VcView[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await vc.client.listVcs({ limit: PAGE, ...(cursor !== undefined && { cursor }) }, { signal: call.context.signal });
    vcs.push(...page.items);
    cursor = page.nextCursor;
    if (cursor === undefined) break;
  }
  vc.output.display(
    call.context.request.cell,
    tablesBundle({
      title: vcs.length === 0 ? 'There are no virtual clouds. Make one with %%vc apply.' : plural(vcs.length, 'virtual cloud'),
      tables: [
        {
          columns: ['Name', 'State', 'Nodes', 'Units', 'Price', 'Reason'],
          rows: vcs.map((view) => [view.name, state(view.state), `${view.running}/${view.nodes}`, view.units.map((unit) => unit.name).join(', '), price(view.price), view.reason ?? ''])
        }
      ]
    })
  );
  return vcs;
}

async function allNodes(vc: VcContext, name: string, signal: AbortSignal): Promise<readonly NodeView[]> {
  const nodes: NodeView[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await vc.client.listNodes(name, { limit: PAGE, ...(cursor !== undefined && { cursor }) }, { signal });
    nodes.push(...page.items);
    cursor = page.nextCursor;
    if (cursor === undefined) return nodes;
  }
}

/** `%vc ops`. */
export function opsMagic(vc: VcContext): MagicHandler {
  return async (call) => {
    const name = call.args.optionalText('NAME') ?? vc.inUse;
    const query = { limit: call.args.optionalInteger('limit') ?? DEFAULT_LIMIT, ...(name !== undefined && { vc: name }), ...(call.args.flag('open') && { open: true }) };
    const { items } = await vc.client.listOperations(query, { signal: call.context.signal });
    vc.output.display(
      call.context.request.cell,
      tablesBundle({
        title: `Operations of ${name ?? 'all virtual clouds'}${items.length === 0 ? ': none' : ''}`,
        tables: [{ columns: ['Operation', 'State', 'What', 'Virtual cloud', 'Done', 'Time', 'Begun', 'Result'], rows: items.map(operationRow) }]
      })
    );
    return items;
  };
}

function operationRow(view: OperationView): readonly string[] {
  const end = view.result?.summary ?? view.error?.message ?? view.phase;
  return [view.id, state(view.state), view.title, view.vc, `${view.progress.done}/${view.progress.total}`, duration(view.timing.totalMs), localTime(view.createdAt), end];
}

/** `%vc events`. */
export function eventsMagic(vc: VcContext): MagicHandler {
  return async (call) => {
    const { signal, request } = call.context;
    const name = call.args.optionalText('NAME') ?? vc.inUse;
    const limit = call.args.optionalInteger('limit') ?? DEFAULT_LIMIT;
    const filter = name === undefined ? {} : { vc: name };
    const { newest } = await vc.client.listEvents({ after: 0, limit: 1 }, { signal });
    const { events } = await vc.client.listEvents({ ...filter, after: Math.max(0, newest - EVENTS_LOOKED_AT), limit: PAGE }, { signal });
    const latest = events.slice(-limit);
    vc.output.display(
      request.cell,
      tablesBundle({
        title: `Events of ${name ?? 'all virtual clouds'}${latest.length === 0 ? ': none' : ''}`,
        tables: [{ columns: ['No.', 'Time', 'Virtual cloud', 'Event', 'About'], rows: latest.map(eventRow) }]
      })
    );
    if (call.args.flag('follow')) {
      for await (const event of vc.client.events({ ...filter, after: latest.at(-1)?.seq ?? newest }, { signal })) {
        vc.output.write(request.cell, 'stdout', `${eventRow(event).join('  ')}\n`);
      }
    }
    return latest;
  };
}

function eventRow(event: VcpEvent): readonly string[] {
  const about = ['name', 'title', 'state', 'phase', 'reason', 'message'].flatMap((key) => (typeof event.data[key] === 'string' && event.data[key] !== '' ? [event.data[key]] : []));
  return [String(event.seq), localTime(event.at), event.vc ?? '', event.type, about.join(' · ')];
}

/** `%vc use`. */
export function useMagic(vc: VcContext): MagicHandler {
  return async (call) => {
    const { signal, request } = call.context;
    const name = call.args.optionalText('NAME');
    if (name === undefined) {
      vc.output.display(request.cell, lineBundle(vc.inUse === undefined ? 'No virtual cloud is in use.' : `${vc.inUse} is in use.`));
      return vc.inUse;
    }
    vc.use(name);
    try {
      const view = await vc.client.getVc(name, { signal });
      vc.output.display(request.cell, lineBundle(`${name} is in use: ${state(view.state)}, ${view.running}/${view.nodes} nodes.`));
    } catch (error) {
      if (!isVcpError(error) || error.code !== 'not_found') throw error;
      vc.output.display(request.cell, lineBundle(`${name} is in use. It does not exist yet: %%vc apply makes it.`));
    }
    return name;
  };
}

/** A name that was given, the one in use, or an error that says so. */
export function namedVc(vc: VcContext, call: MagicCall): string {
  const name = call.args.optionalText('NAME');
  if (name === '') throw new VcpError('invalid_request', 'The name of the virtual cloud is empty.');
  return vc.vcOf(name);
}
