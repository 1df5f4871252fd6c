import { stringify } from 'yaml';
import { VcpError, isVcpError, parseAllowRemove, parseTarget, readComposeYaml, type OperationView, type Plan } from '@jupyterlab-vcp/sdk/wire';
import { VcpSDK } from '@jupyterlab-vcp/sdk';
import type { MagicCall, MagicHandler } from '../magics/magic-call.js';
import { unitOf } from './apply-magic.js';
import { namedVc } from './list-magics.js';
import { performOperation } from './perform-operation.js';
import { allowRemoveFlags, planBundle, removalsNotAllowed } from './plan-view.js';
import type { VcContext } from './vc-context.js';
import { plural } from './wording.js';

/** `%vc scale UNIT N`: absolute, so that running it twice does nothing twice. */
export function scaleMagic(vc: VcContext): MagicHandler {
  return async (call) => {
    const { args } = call;
    const { name, unit } = unitOf(vc, args.text('UNIT'), args.optionalText('vc'));
    const allowRemove = parseAllowRemove(args.list('allow-remove').join(','));
    try {
      return await performOperation(vc, call, (client, change) => client.scaleUnit(name, unit, { count: args.integer('N'), allowRemove }, change));
    } catch (error) {
      throw explainRemovals(vc, call, error, allowRemove);
    }
  };
}

/** A change that would remove nodes stops with its plan and the flag to give. */
function explainRemovals(vc: VcContext, call: MagicCall, error: unknown, allowed: Readonly<Record<string, number>>): unknown {
  const plan = isVcpError(error) && error.code === 'removal_not_allowed' ? (error.details?.['plan'] as Plan | undefined) : undefined;
  if (!plan) return error;
  vc.output.display(call.context.request.cell, planBundle(plan));
  const missing = removalsNotAllowed(plan, allowed);
  const what = Object.entries(missing).map(([unit, count]) => `${count} of ${unit}`);
  return new VcpError('removal_not_allowed', `This would remove nodes of ${plan.vc}: ${what.join(', ')}. Nothing was changed.`, { hint: `If that is meant, add ${allowRemoveFlags(missing)}` });
}

/** `%vc delete NAME`: names what goes, and asks for the name. */
export function deleteMagic(vc: VcContext): MagicHandler {
  return async (call) => {
    const name = call.args.text('NAME');
    const confirm = call.args.optionalText('confirm') ?? (await askForName(vc, call, name));
    if (confirm !== name) throw new VcpError('confirmation_required', `"${confirm}" is not "${name}". Nothing was deleted.`, { hint: `To delete it: %vc delete ${name} --confirm ${name}` });
    const operation = await performOperation(vc, call, (client, change) => client.deleteVc(name, confirm, change));
    if (vc.inUse === name) vc.use(undefined);
    return operation;
  };
}

async function askForName(vc: VcContext, call: MagicCall, name: string): Promise<string> {
  const { context } = call;
  if (!context.request.allowsStdin) throw new VcpError('confirmation_required', `Nothing was deleted: nobody can be asked here.`, { hint: `Add --confirm ${name}` });
  const view = await vc.client.getVc(name, { signal: context.signal });
  const units = view.units.map((unit) => `${unit.name} (${plural(unit.wanted, 'node')})`).join(', ');
  return (await vc.input.ask(context, `${name} goes with everything on it: ${units || 'no units'}. Type its name to delete it: `, false)).trim();
}

/** `%vc export`. */
export function exportMagic(vc: VcContext): MagicHandler {
  return async (call) => {
    const name = namedVc(vc, call);
    const text = stringify(await vc.client.exportVc(name, { signal: call.context.signal }));
    const into = call.args.optionalText('into');
    if (into !== undefined) await vc.define(into, 'string', text);
    else vc.output.display(call.context.request.cell, { 'text/markdown': `**${name}**\n\n\`\`\`yaml\n${text}\`\`\``, 'text/plain': text });
    return text;
  };
}

/** `%vc cp SRC DST`. */
export function cpMagic(vc: VcContext): MagicHandler {
  return async (call) => {
    const { args, context } = call;
    const [source, destination] = [args.text('SRC'), args.text('DST')];
    const [from, to] = [placeOnNode(source), placeOnNode(destination)];
    if ((from === undefined) === (to === undefined)) throw new VcpError('invalid_request', 'One of the two has to be on a node, and only one.', { hint: 'A place on a node is written TARGET:/path, for example compute-1:/srv/' });
    const { target, path } = from ?? to!;
    const { name } = unitOf(vc, target, args.optionalText('vc'));
    const nodes = await new VcpSDK({ name, client: vc.client }).nodes(target, { signal: context.signal });
    const options = { signal: context.signal };
    const copied = await Promise.all(
      nodes.map(async (node) => {
        if (to) await node.copyTo(source, path, options);
        // Files of several nodes go into a folder for each, so that none overwrites another's.
        const local = nodes.length === 1 ? destination : `${destination.replace(/\/$/, '')}/${node.name}/`;
        return to ? node.name : node.copyFrom(path, local, options);
      })
    );
    vc.output.write(context.request.cell, 'stdout', to ? `✔ ${name}: ${source} is on ${copied.join(', ')}\n` : `✔ ${name}: copied to ${copied.join(', ')}\n`);
    return copied;
  };
}

function placeOnNode(word: string): { readonly target: string; readonly path: string } | undefined {
  const match = /^([a-z*][\w*/,[\]-]*):(\/.*)$/.exec(word);
  return match ? { target: match[1] ?? '', path: match[2] ?? '' } : undefined;
}

/** `%%compose TARGET NAME`: kept as wanted state of the units, so nodes that come later get it too. */
export function composeMagic(vc: VcContext): MagicHandler {
  return async (call) => {
    const { args, context } = call;
    const compose = readComposeYaml(call.body, { lineOffset: call.line });
    const app = args.text('NAME');
    const parts = parseTarget(args.text('TARGET'));
    const done: OperationView[] = [];
    const units = new Map<string, readonly string[]>();
    for (const part of parts) {
      const name = vc.vcOf(part.vc ?? args.optionalText('vc'));
      if (!units.has(name)) units.set(name, (await vc.client.getVc(name, { signal: context.signal })).units.map((unit) => unit.name));
      for (const unit of unitsOfPart(part.text, part.unit, units.get(name) ?? [], part.state !== undefined)) {
        done.push(await performOperation(vc, call, (client, change) => client.setApp(name, unit, app, compose, change)));
      }
    }
    return done;
  };
}

/** An application belongs to a whole unit: a target that names single nodes is refused. */
function unitsOfPart(text: string, unit: string | undefined, known: readonly string[], hasState: boolean): readonly string[] {
  const word = text.replace(/^[^/]*\//, '');
  if (known.includes(word)) return [word];
  if (unit === undefined && !hasState) return known;
  throw new VcpError('invalid_request', `${text} is not a unit: an application is put on all nodes of a unit.`, { hint: `Units: ${known.join(', ') || 'none'}. For single nodes use node.containers.run().` });
}
