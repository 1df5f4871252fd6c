import { stringify } from 'yaml';
import { VcpError, formatAllowRemove, isVcpError, parseAllowRemove, type AllowRemove, type Plan } from '../../wire/index.js';
import { loadVcFile } from '../../client/index.js';
import { UsageError, type Command, type Context, type Invocation } from '../command.js';
import { allPages, nodesOfVc, vcAndName, wholeNumber } from '../name-words.js';
import { performOperation } from '../perform-operation.js';
import { table } from '../terminal.js';
import { planText, price, size, state } from '../wording.js';

const allowRemove = { value: 'UNIT:N', multiple: true, summary: 'let so many nodes of a unit go' } as const;

function allowedBy(invocation: Invocation): AllowRemove {
  return parseAllowRemove(invocation.texts('allow-remove').join(','));
}

async function planOf(file: string, context: Context): Promise<{ readonly plan: Plan; readonly located: Awaited<ReturnType<typeof loadVcFile>> }> {
  const located = await loadVcFile(file);
  const client = await context.client();
  const plan = await client.planVc(located.document.name, located.document, { signal: context.signal }).catch((error: unknown) => { throw isVcpError(error) ? located.locate(error) : error; });
  return { plan, located };
}

export const planCommand: Command = {
  name: 'plan', words: 'FILE', summary: 'show what apply would do',
  async run(invocation, context) {
    const { plan } = await planOf(invocation.words[0]!, context);
    context.print(plan, planText(plan));
    return 0;
  }
};

export const applyCommand: Command = {
  name: 'apply', words: 'FILE', summary: 'make a virtual cloud be as the file says',
  options: {
    yes: { short: 'y', summary: 'do not ask; additions and changes in place need no more' }, 'allow-remove': allowRemove,
    'dry-run': { summary: 'only show the plan' }, rollback: { summary: 'undo what came up when something fails' }
  },
  examples: ['vcp apply genome.yml', 'vcp apply genome.yml --yes --allow-remove compute:4'],
  async run(invocation, context) {
    const { plan, located } = await planOf(invocation.words[0]!, context);
    const allowed = allowedBy(invocation);
    const nothing = plan.exists && plan.changes.length === 0;
    const busy = nothing && !invocation.flag('dry-run') && (await isAtWork(plan.vc, context));
    if ((nothing && !busy) || invocation.flag('dry-run')) {
      context.print(plan, planText(plan));
      return 0;
    }
    if (!busy) context.terminal.err(`${planText(plan)}\n`);
    const missing = Object.entries(plan.removals).filter(([unit, count]) => count > (Object.hasOwn(allowed, unit) ? allowed[unit]! : 0));
    if (missing.length > 0) throw new VcpError('removal_not_allowed', `This would remove ${missing.map(([unit, count]) => `${count} of ${unit}`).join(', ')}.`, { hint: `If that is meant, add --allow-remove ${formatAllowRemove(Object.fromEntries(missing))}`, details: { plan } });
    if (!busy && !invocation.flag('yes')) await consent(context, plan);
    return performOperation(context, (client, change) => client.applyVc(plan.vc, {
      document: located.document, baseRevision: plan.baseRevision, planDigest: plan.digest, allowRemove: allowed, onFailure: invocation.flag('rollback') ? 'rollback' : 'keep'
    }, change).catch((error: unknown) => { throw isVcpError(error) ? located.locate(error) : error; }));
  }
};

/** Somebody is bringing it about at this moment: apply then waits for that instead of saying “done”. */
async function isAtWork(vc: string, context: Context): Promise<boolean> {
  const client = await context.client();
  return (await client.listOperations({ vc, open: true, limit: 1 }, { signal: context.signal })).items.length > 0;
}

async function consent(context: Context, plan: Plan): Promise<void> {
  if (context.terminal.ask === undefined) throw new VcpError('confirmation_required', `Nothing was changed in ${plan.vc}: nobody can be asked here.`, { hint: 'Add --yes.' });
  const answer = await context.terminal.ask(`Do this to ${plan.vc}? [y/N] `);
  if (!/^y(?:es)?$/i.test(answer.trim())) throw new VcpError('cancelled', `Nothing was changed in ${plan.vc}.`);
}

export const scaleCommand: Command = {
  name: 'scale', words: 'VC/UNIT N', summary: 'make a unit have exactly N nodes', options: { 'allow-remove': allowRemove }, examples: ['vcp scale genome/compute 8'],
  async run(invocation, context) {
    const { vc, name } = vcAndName(invocation.words[0]!, 'a unit');
    const count = wholeNumber(invocation.words[1]!, 'N');
    return performOperation(context, (client, change) => client.scaleUnit(vc, name, { count, allowRemove: allowedBy(invocation) }, change));
  }
};

export const addCommand: Command = {
  name: 'add', words: 'VC/UNIT [N]', summary: 'add N nodes (1) to a unit',
  async run(invocation, context) {
    const { vc, name } = vcAndName(invocation.words[0]!, 'a unit');
    const count = wholeNumber(invocation.words[1] ?? '1', 'N');
    return performOperation(context, (client, change) => client.addNodes(vc, name, { count }, change));
  }
};

export const removeCommand: Command = {
  name: 'remove', words: 'VC/NODE…', summary: 'remove nodes by name', options: { 'allow-remove': allowRemove }, examples: ['vcp remove genome/compute-3 --allow-remove compute:1'],
  async run(invocation, context) {
    const nodes = invocation.words.map(word => vcAndName(word, 'a node'));
    const vc = nodes[0]!.vc;
    if (nodes.some(node => node.vc !== vc)) throw new UsageError('the nodes are of several virtual clouds', 'Remove them one virtual cloud after the other');
    return performOperation(context, (client, change) => client.removeNodes(vc, { names: nodes.map(node => node.name), allowRemove: allowedBy(invocation) }, change));
  }
};

export const deleteCommand: Command = {
  name: 'delete', words: 'VC', summary: 'delete a virtual cloud and all that is in it', options: { confirm: { value: 'VC', summary: 'the name again: without it nothing is deleted' } }, examples: ['vcp delete genome --confirm genome'],
  async run(invocation, context) {
    const vc = invocation.words[0]!;
    const confirm = invocation.text('confirm') ?? (context.terminal.ask === undefined ? undefined : await askForName(context, vc));
    return performOperation(context, (client, change) => client.deleteVc(vc, confirm, change));
  }
};

async function askForName(context: Context, vc: string): Promise<string> {
  const client = await context.client();
  const view = await client.getVc(vc, { signal: context.signal });
  return (await context.terminal.ask!(`${view.name} has ${view.nodes} nodes; they and what is on them are lost. Type its name to delete it: `)).trim();
}

export const exportCommand: Command = {
  name: 'export', words: 'VC', summary: 'print the configuration as it is wanted now (YAML)',
  async run(invocation, context) {
    const client = await context.client();
    const document = await client.exportVc(invocation.words[0]!, { signal: context.signal });
    context.print(document, stringify(document).trimEnd());
    return 0;
  }
};

export const psCommand: Command = {
  name: 'ps', words: '[VC]', summary: 'list virtual clouds, or units and nodes of one',
  async run(invocation, context) {
    const client = await context.client();
    const [name] = invocation.words;
    if (name === undefined) {
      const vcs = await allPages(cursor => client.listVcs({ cursor, limit: 500 }, { signal: context.signal }));
      context.print(vcs, vcs.length === 0 ? 'No virtual clouds. Make one with: vcp apply FILE' : table(['NAME', 'STATE', 'NODES', 'PRICE', 'REASON'], vcs.map(vc => [vc.name, state(vc.state), `${vc.running}/${vc.nodes}`, price(vc.price), vc.reason ?? ''])));
      return 0;
    }
    const [vc, nodes] = await Promise.all([client.getVc(name, { signal: context.signal }), nodesOfVc(client, name, context.signal)]);
    const units = table(['UNIT', 'STATE', 'NODES', 'WHERE', 'SIZE', 'APPS'], vc.units.map(unit => [unit.name, state(unit.state), `${unit.running}/${unit.wanted}`, `${unit.provider}/${unit.region}`, size(unit.size), unit.apps.join(', ')]));
    const list = table(['NODE', 'STATE', 'ADDRESS', 'APPS', 'REASON'], nodes.map(node => [node.name, state(node.state), node.address ?? '-', node.apps.map(app => `${app.container} ${app.state}`).join(', '), node.reason ?? '']));
    context.print({ vc, nodes }, [`${vc.name}  ${state(vc.state)}  ${vc.cidr}  revision ${vc.revision}${vc.reason === undefined ? '' : `  ${vc.reason}`}`, ...(vc.units.length === 0 ? ['no units'] : [units]), ...(nodes.length === 0 ? [] : ['', list])].join('\n'));
    return 0;
  }
};
