import { VcpError, type AppView, type ExecEvent } from '@jupyterlab-vcp/sdk/wire';
import { canonicalJson } from '@jupyterlab-vcp/sdk/wire';
import type { NodeAddress, NodeShell } from '../../src/domain/index.js';
import type { CloudWorld, Machine } from './cloud-world.js';

/** ssh to the machines of a world: refuses stopped ones, wrong host keys and ways around the gateway. */
export function shellDouble(world: CloudWorld): NodeShell {
  const reach = (node: NodeAddress): Machine => {
    const machine = world.machineNamed(node.address);
    if (machine === undefined || machine.state !== 'running') throw new VcpError('node_unreachable', `${node.name} does not answer`);
    if (machine.hostKey !== node.hostKey) throw new VcpError('node_unreachable', `${node.name} shows another host key`);
    const network = world.networks.get(machine.networkCloudId);
    if (network?.region === 'two') {
      const entry = node.jump?.address ?? node.address;
      if (network.gateway !== entry) throw new VcpError('node_unreachable', `the way to ${node.name} over ${entry} is closed`);
      if (world.machineNamed(entry)?.state !== 'running') throw new VcpError('node_unreachable', `the gateway of ${node.name} does not answer`);
    }
    return machine;
  };
  const views = (machine: Machine): readonly AppView[] => [...machine.apps.keys()].sort().map(app => ({ app, service: 'main', container: `${app}-main`, image: 'image', state: 'running' }));
  return {
    publicKey: 'ssh-ed25519 controller',
    waitUntilReady: async (node, signal) => {
      await world.enter('waitUntilReady', node.name);
      signal.throwIfAborted();
      reach(node);
    },
    heartbeat: async node => {
      await world.enter('heartbeat', node.name);
      reach(node);
      return { uptimeSeconds: 1, engine: 'ready', load1: 0, memoryUsedMiB: 1, at: world.now() };
    },
    async *exec(node, spec): AsyncGenerator<ExecEvent> {
      await world.enter('exec', `${node.name} ${spec.id}`);
      const machine = reach(node);
      const known = machine.execs.get(spec.id);
      const command = spec.stdin ?? String(spec.command);
      const ran = known ?? { command, stdin: spec.stdin, env: spec.env, ...world.script(command, node.name) };
      machine.execs.set(spec.id, ran);
      yield { type: 'started', exec: spec.id, node: node.name };
      world.leave('exec', `${node.name} ${spec.id}`);
      if (ran.output !== '') yield { type: 'stdout', data: ran.output, offset: 0 };
      yield { type: 'exit', code: ran.code, timedOut: false, outcome: 'exited', durationMs: 1 };
    },
    attach: () => { throw new VcpError('not_found', 'no such command'); },
    cancel: async () => undefined,
    copyTo: async () => undefined,
    copyFrom: async () => { throw new VcpError('not_supported', 'no files here'); },
    ensureImages: async nodes => {
      for (const node of nodes) {
        await world.enter('ensureImages', node.name);
        reach(node);
      }
    },
    ensureApp: async (node, app, compose) => {
      await world.enter('ensureApp', `${node.name}/${app}`);
      const machine = reach(node);
      machine.apps.set(app, canonicalJson(compose));
      world.leave('ensureApp', `${node.name}/${app}`);
      return views(machine).filter(view => view.app === app);
    },
    removeApp: async (node, app) => {
      await world.enter('removeApp', `${node.name}/${app}`);
      reach(node).apps.delete(app);
    },
    apps: async node => {
      await world.enter('apps', node.name);
      return views(reach(node));
    },
    appLogs: async () => '',
    removeContainer: async () => undefined,
    setHosts: async (node, hosts) => {
      await world.enter('setHosts', node.name);
      reach(node).hosts = hosts;
    },
    access: node => ({ host: node.address, port: 22, user: 'root', hostKey: node.hostKey, identityFile: '/key' }),
    drop: () => undefined,
    close: async () => undefined
  };
}
