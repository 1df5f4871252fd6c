import { VcpError, type Verb } from '@jupyterlab-vcp/sdk/wire';
import type { Actor } from './entities.js';

/** What is asked about: a row, or the installation as a whole (no project). */
export interface Resource { readonly kind: 'vc' | 'operation' | 'exec' | 'provider' | 'controller'; readonly project?: string | undefined; readonly name: string }

/**
 * The one rule of access. People of a project share its virtual clouds; administrators may do everything;
 * the installation itself is theirs alone.
 */
export function can(actor: Actor, verb: Verb, resource: Resource): boolean {
  if (actor.role === 'administrator') return true;
  if (verb === 'admin') return false;
  if (resource.project === undefined) return verb === 'read';
  return resource.project === actor.project;
}

/** @throws VcpError not_found for what the actor may not even see, otherwise forbidden. */
export function mustBeAllowed(actor: Actor, verb: Verb, resource: Resource): void {
  if (can(actor, verb, resource)) return;
  if (!can(actor, 'read', resource)) throw noSuch(resource.kind, resource.name);
  throw new VcpError('forbidden', `${actor.user} may not ${verb} ${resource.name}.`, { hint: 'Ask an administrator of this controller.' });
}

export function noSuch(kind: Resource['kind'] | 'unit' | 'node', name: string): VcpError {
  const words: Readonly<Record<string, string>> = { vc: 'virtual cloud', operation: 'operation', exec: 'command', provider: 'provider', controller: 'controller', unit: 'unit', node: 'node' };
  const hints: Readonly<Record<string, string>> = { vc: 'List them with: vcp ps', operation: 'List them with: vcp ops', unit: 'Look at the units with: vcp ps', node: 'Look at the nodes with: vcp ps' };
  return new VcpError('not_found', `There is no ${words[kind]} “${name}”.`, hints[kind] === undefined ? {} : { hint: hints[kind] });
}
