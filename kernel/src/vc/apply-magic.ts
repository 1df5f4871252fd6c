import { loadVcFile, loadVcInput } from '@jupyterlab-vcp/sdk';
import { VcpError, isVcpError, parseAllowRemove, type AllowRemove, type LocatedDocument, type Plan } from '@jupyterlab-vcp/sdk/wire';
import type { MagicCall, MagicHandler } from '../magics/magic-call.js';
import { UsageError } from '../magics/usage-error.js';
import { performOperation } from './perform-operation.js';
import { allowRemoveFlags, planBundle, removalsNotAllowed } from './plan-view.js';
import type { VcContext } from './vc-context.js';
import { localTime } from './wording.js';

/** Between plan and apply the world may move on; with `--yes` a few newer plans are tried before giving up. */
const PLAN_ATTEMPTS = 3;
const MOST_CHANGES_NAMED = 20;

/** `%%vc apply`: the plan as a table, then progress in place. */
export function applyMagic(vc: VcContext): MagicHandler {
  return async (call) => {
    const { args, context } = call;
    const located = await readDocument(call);
    const allowed = parseAllowRemove(args.list('allow-remove').join(','));
    const change = vc.changeOf(call);
    for (let attempt = 1; ; attempt++) {
      const plan = await planDocument(vc, call, located);
      vc.output.display(context.request.cell, planBundle(plan, await changesSince(vc, call, plan)));
      if (args.flag('plan')) return plan;
      refuseRemovals(plan, allowed);
      if (plan.changes.length > 0 && !args.flag('yes')) await askForConsent(vc, call, plan);
      vc.use(plan.vc);
      try {
        const body = { document: located.document, baseRevision: plan.baseRevision, planDigest: plan.digest, allowRemove: allowed };
        return await performOperation(vc, call, (client, options) => client.applyVc(plan.vc, body, options), change);
      } catch (error) {
        const isStale = isVcpError(error) && error.code === 'stale_revision' && error.operation === undefined;
        if (!isStale || !args.flag('yes') || attempt === PLAN_ATTEMPTS) throw isVcpError(error) ? located.locate(error) : error;
      }
    }
  };
}

/** What others did to the virtual cloud since this cell last ran: the plan would undo or repeat it. */
async function changesSince(vc: VcContext, call: MagicCall, plan: Plan): Promise<readonly string[]> {
  const known = vc.knownRevision(call.context, plan.vc);
  if (known === undefined || plan.baseRevision <= known) return [];
  const { items } = await vc.client.listOperations({ vc: plan.vc, limit: MOST_CHANGES_NAMED }, { signal: call.context.signal });
  const changes = items.filter((operation) => operation.revision > known).map((operation) => `${operation.title} by ${operation.actor} at ${localTime(operation.createdAt)}`);
  return changes.length === 0 ? [] : [`▲ Changed since this cell last ran: ${changes.reverse().join('; ')}`];
}

/** `%%vc plan`, `%vc plan FILE`, `%vc plan scale UNIT N`: shows, changes nothing. */
export function planMagic(vc: VcContext): MagicHandler {
  return async (call) => {
    const plan = await planDocument(vc, call, await documentToPlan(vc, call));
    vc.output.display(call.context.request.cell, planBundle(plan));
    return plan;
  };
}

async function documentToPlan(vc: VcContext, call: MagicCall): Promise<LocatedDocument> {
  const [what, unitWord, countWord] = call.args.list('WHAT');
  if (call.form === 'cell') return readDocument(call);
  if (what === 'scale') return scaledDocument(vc, call, unitWord, countWord);
  if (what !== undefined) return loadVcFile(what);
  throw new UsageError('%vc plan wants a configuration file or a verb.', 'Write %vc plan genome.yml, %vc plan scale compute 8, or %%vc plan with the configuration below it.');
}

async function scaledDocument(vc: VcContext, call: MagicCall, unitWord: string | undefined, countWord: string | undefined): Promise<LocatedDocument> {
  const count = Number(countWord);
  if (unitWord === undefined || countWord === undefined || !Number.isInteger(count) || count < 0) throw new UsageError('%vc plan scale wants a unit and a number of nodes.', 'Write %vc plan scale compute 8.');
  const { name, unit } = unitOf(vc, unitWord, call.args.optionalText('vc'));
  const document = await vc.client.exportVc(name, { signal: call.context.signal });
  if (!document.units.some((candidate) => candidate.name === unit)) {
    throw new VcpError('not_found', `Virtual cloud ${name} has no unit ${unit}.`, { hint: `It has: ${document.units.map((candidate) => candidate.name).join(', ') || 'none'}.` });
  }
  return loadVcInput({ ...document, units: document.units.map((candidate) => (candidate.name === unit ? { ...candidate, count } : candidate)) });
}

/** `compute`, or `genome/compute`. */
export function unitOf(vc: VcContext, word: string, named: string | undefined): { readonly name: string; readonly unit: string } {
  const at = word.indexOf('/');
  return at < 0 ? { name: vc.vcOf(named), unit: word } : { name: word.slice(0, at), unit: word.slice(at + 1) };
}

async function readDocument(call: MagicCall): Promise<LocatedDocument> {
  if (call.body.trim() === '') throw new UsageError(`%%${call.words} wants a configuration in the body of the cell.`, `See %%${call.words} --help for an example.`);
  return loadVcInput(call.body.includes('\n') ? call.body : `${call.body}\n`, call.line);
}

async function planDocument(vc: VcContext, call: MagicCall, located: LocatedDocument): Promise<Plan> {
  try {
    return await vc.client.planVc(located.document.name, located.document, { signal: call.context.signal });
  } catch (error) {
    throw isVcpError(error) ? located.locate(error) : error;
  }
}

function refuseRemovals(plan: Plan, allowed: AllowRemove): void {
  const missing = removalsNotAllowed(plan, allowed);
  const [first] = Object.entries(missing);
  if (!first) return;
  const what = Object.entries(missing).map(([unit, count]) => `${count} of ${unit}`);
  throw new VcpError('removal_not_allowed', `This would remove nodes of ${plan.vc}: ${what.join(', ')}. Nothing was changed.`, { hint: `If that is meant, add ${allowRemoveFlags(missing)}` });
}

async function askForConsent(vc: VcContext, call: MagicCall, plan: Plan): Promise<void> {
  if (!call.context.request.allowsStdin) throw new VcpError('confirmation_required', `Nothing was changed in ${plan.vc}: nobody can be asked here.`, { hint: 'Add --yes to agree to this plan.' });
  const answer = await vc.input.ask(call.context, `Do this to ${plan.vc}? [y/N] `, false);
  if (!/^y(?:es)?$/i.test(answer.trim())) throw new VcpError('cancelled', `Nothing was changed in ${plan.vc}.`, { hint: 'Answer y, or add --yes.' });
}
