import type { DatabaseSync } from 'node:sqlite';
import { isFinished } from '@jupyterlab-vcp/sdk/wire';
import type { Claim, ExecRecord, IdempotencyRecord, JournalEntry, Network, Node, Operation, Revision, VirtualCloud } from '../domain/index.js';
import { MemoryTable } from './memory-table.js';

/** The tables as they are held in memory: the living wholly, the past only until it is on disk. */
export class Image {
  readonly vcs = new MemoryTable<VirtualCloud>(() => true);
  readonly networks = new MemoryTable<Network>(network => network.state !== 'deleted');
  readonly nodes = new MemoryTable<Node>(node => node.state !== 'deleted');
  readonly operations = new MemoryTable<Operation>(operation => !isFinished(operation.state));
  readonly claims = new MemoryTable<Claim>(() => true);
  readonly revisions = new MemoryTable<Revision>(() => false);
  readonly idempotency = new MemoryTable<IdempotencyRecord>(() => false);
  readonly execs = new MemoryTable<ExecRecord>(() => false);
  readonly journal = new MemoryTable<JournalEntry>(() => false);

  load(database: DatabaseSync): void {
    const rows = <T>(sql: string): readonly T[] => database.prepare(sql).all().map(row => JSON.parse(String(row['body'])) as T);
    for (const vc of rows<VirtualCloud>('SELECT body FROM virtual_clouds')) this.vcs.load(vc.id, vc);
    for (const network of rows<Network>("SELECT body FROM networks WHERE state <> 'deleted'")) this.networks.load(network.id, network);
    for (const node of rows<Node>("SELECT body FROM nodes WHERE state <> 'deleted'")) this.nodes.load(node.id, node);
    for (const operation of rows<Operation>("SELECT body FROM operations WHERE state IN ('queued', 'running')")) this.operations.load(operation.id, operation);
    for (const claim of database.prepare('SELECT resource, operation FROM claims').all()) {
      this.claims.load(String(claim['resource']), { resource: String(claim['resource']), operation: String(claim['operation']) });
    }
  }

  reset(): void {
    for (const table of [this.vcs, this.networks, this.nodes, this.operations, this.claims, this.revisions, this.idempotency, this.execs, this.journal]) table.reset();
  }
}
