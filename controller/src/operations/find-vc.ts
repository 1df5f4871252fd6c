import type { Verb } from '@jupyterlab-vcp/sdk/wire';
import { mustBeAllowed, noSuch, type Caller, type StoreReader, type VirtualCloud } from '../domain/index.js';

/** A living virtual cloud by name or id, if the caller may do that to it. @throws VcpError not_found, forbidden. */
export async function findVc(reader: StoreReader, caller: Caller, verb: Verb, nameOrId: string): Promise<VirtualCloud> {
  const vc = await lookUpVc(reader, caller, nameOrId);
  if (vc === undefined) throw noSuch('vc', nameOrId);
  mustBeAllowed(caller.actor, verb, { kind: 'vc', project: vc.project, name: vc.name });
  return vc;
}

export async function lookUpVc(reader: StoreReader, caller: Caller, nameOrId: string): Promise<VirtualCloud | undefined> {
  const vc = (await reader.vcByName(caller.actor.project, nameOrId)) ?? (await reader.vc(nameOrId));
  return vc?.deletedAt === undefined ? vc : undefined;
}
